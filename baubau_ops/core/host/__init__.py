"""This machine: what it offers, and commands run on it."""
