"""Faces that one person is asked to answer: made, served, and how far they are."""
