"""The city shown: lists, details, map, schemas, and the view of other tools."""
