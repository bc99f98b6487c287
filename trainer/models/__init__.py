"""Fitting, exporting and describing one classifier; nothing here knows runs or the queue."""
