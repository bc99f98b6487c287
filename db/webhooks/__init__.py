"""Telling programs elsewhere what has happened: signed, in order, and again until it arrives."""
