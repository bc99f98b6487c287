"""`flask watch`: the model on a video, a camera or a folder of photos, frame by frame."""
