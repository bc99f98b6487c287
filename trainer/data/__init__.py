"""What a run learns from: the labelled faces of each split, and the recipe."""
