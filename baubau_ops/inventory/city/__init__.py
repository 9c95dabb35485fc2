"""The city as one value."""
