"""Which places of the inventory made a line of a text."""
