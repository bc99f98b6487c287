"""Faces that look like another one: who may be found, and asking the worker that holds all features."""
