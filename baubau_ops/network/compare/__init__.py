"""Compares the state of routers with what is expected of them. Pure."""
