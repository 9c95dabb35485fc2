"""FRR on Debian."""
