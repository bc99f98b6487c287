"""What all processes share: settings, models, sessions, blobs, the queue."""
