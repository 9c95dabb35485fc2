"""The files of an inventory: reading, types, and the places of errors."""
