"""The `flask` commands, and `flask up`, which starts the whole workbench."""
