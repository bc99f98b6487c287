"""How photos arrive: one request, parts over a bad connection, or a folder on disk."""
