"""A plain library: the bytes of an image in, an answer out. No Django, no database."""
