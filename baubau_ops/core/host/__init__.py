"""This machine: its features, and commands run on it."""
