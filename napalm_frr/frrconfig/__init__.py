"""FRR's configuration as a tree of lines."""
