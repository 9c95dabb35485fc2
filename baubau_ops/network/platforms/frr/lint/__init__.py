"""Checks configurations before any router is touched."""
