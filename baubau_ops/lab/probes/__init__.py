"""Packets sent from machines of the twin, and their results."""
