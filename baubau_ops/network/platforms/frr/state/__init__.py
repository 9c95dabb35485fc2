"""Reads what a router does."""
