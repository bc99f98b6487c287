"""From a photo to its detected faces, stored or for a one-off prediction."""
