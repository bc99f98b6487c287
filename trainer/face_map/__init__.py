"""The two-dimensional map of all faces: its layout, and reading it back."""
