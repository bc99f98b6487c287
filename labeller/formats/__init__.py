"""Dataset formats, a module each: what a label file says of photos and boxes, read and written."""
