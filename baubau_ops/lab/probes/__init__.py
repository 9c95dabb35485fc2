"""Packets sent from machines of the twin, and what came of them."""
