"""Numbers: assigned once, never moved."""
