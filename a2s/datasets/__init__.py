"""Training data: the procedural foley world, and the ambiences of the shipped bank."""
