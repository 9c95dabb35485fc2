"""Numbers: each is assigned once and never changes."""
