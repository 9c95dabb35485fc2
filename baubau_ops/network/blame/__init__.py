"""Finds the places in the inventory that cause a line of a configuration."""
