"""Numbers to SVG coordinates; the templates draw them."""
