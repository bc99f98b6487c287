"""What a photo is as a file: decoded under limits, stripped of metadata, grouped, rendered smaller."""
