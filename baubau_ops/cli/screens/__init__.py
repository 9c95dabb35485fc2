"""Screens that show results to people."""
