"""A rack and its devices as a picture in text, for a terminal."""
