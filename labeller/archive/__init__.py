"""Our own lossless archive of a workbench: its files written, checked, and merged into another workbench."""
