"""Notes of the team on faces: written, answered, resolved."""
