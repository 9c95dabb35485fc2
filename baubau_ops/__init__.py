"""Runs a city's data center and fibre network from one inventory: check, plan, apply, verify."""

__version__ = "0.1.0"
