"""Photos from a video: frames are looked at, and those with new faces are kept."""
