"""The computed consequences of failures."""
