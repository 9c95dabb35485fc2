"""Which lines of the texts no check would miss."""
