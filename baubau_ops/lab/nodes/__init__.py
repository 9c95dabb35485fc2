"""Machines of the twin, and the wires between them."""
