"""What is read and never changed by reading: gallery, counts, agreement between people, detector quality."""
