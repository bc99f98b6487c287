"""Datasets going out: which photos, the files of a format, a worker's zip file or a command's folder."""
