"""Rules that the files must keep together."""
