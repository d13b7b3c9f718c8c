"""A rack and its devices as a picture in SVG."""
