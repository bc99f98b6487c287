"""From a face to numbers: crops, the frozen backbone, and the store that keeps its features."""
