"""Photos as files: decoded under limits, stripped of metadata, grouped, rendered smaller."""
