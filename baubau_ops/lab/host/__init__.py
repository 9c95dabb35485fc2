"""The resources of this machine that the twin uses."""
