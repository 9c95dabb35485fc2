"""The files of an inventory: read, typed, and where in them a mistake is."""
