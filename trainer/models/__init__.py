"""Fitting, exporting and describing a classifier, independent of runs and the queue."""
