"""The model at work: faces found and classified in one process. Workers run it, the web process never does."""
