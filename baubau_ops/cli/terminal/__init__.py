"""The moving parts of a terminal while work is in progress."""
