"""Datasets that come in: unpacked, checked as a whole, then received photo by photo with their answers."""
