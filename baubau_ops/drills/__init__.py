"""Failures caused on purpose, and what they cost."""
