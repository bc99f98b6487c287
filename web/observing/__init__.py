"""What goes on in this process, for those who watch it: the id of each request, and metrics."""
