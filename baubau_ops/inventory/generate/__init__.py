"""Synthetic cities of any size."""
