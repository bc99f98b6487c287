"""Dataset formats, a module each: what a label file says of photos and boxes, in and out. No database."""
