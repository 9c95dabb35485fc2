"""Compares the running network with the intent."""
