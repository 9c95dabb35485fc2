"""Finds the configuration lines whose loss no check notices."""
