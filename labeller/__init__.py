"""What people do to photos and faces: send, propose, answer, review."""
