"""Crops of faces, the networks that turn them into features, and the store that keeps these."""
