"""The city as a map for print."""
