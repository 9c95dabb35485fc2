"""Edits of the files that keep the inventory valid, even after a crash."""
