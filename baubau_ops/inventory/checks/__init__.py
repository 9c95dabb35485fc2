"""Rules that the files must satisfy together."""
