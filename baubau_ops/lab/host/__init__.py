"""What the twin uses of this machine."""
