"""Backups: a file with everything of a workbench, made while it runs, and a workbench made of such a file."""
