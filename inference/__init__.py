"""The model at work: faces found and classified in one process, which is never that of the web pages."""
