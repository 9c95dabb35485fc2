"""From the inventory to a model of every router. Pure."""
