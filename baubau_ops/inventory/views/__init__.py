"""Views of the city: lists, details, map, schemas, and inventories for other tools."""
