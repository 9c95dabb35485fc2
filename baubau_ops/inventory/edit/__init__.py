"""Edits of the files that leave a valid inventory, even after a crash."""
