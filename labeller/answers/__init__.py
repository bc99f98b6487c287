"""What people say about faces: recorded, undone, and folded into each face's label and box."""
