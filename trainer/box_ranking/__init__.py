"""Which proposed boxes are faces, learned from the boxes that people confirmed or rejected."""
