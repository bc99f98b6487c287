"""From a photo to proposed faces: the detector, what becomes of its boxes, and one-off predictions."""
