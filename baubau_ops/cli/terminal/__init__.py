"""What moves on a terminal while work is done."""
