"""Checks texts before any router is touched."""
