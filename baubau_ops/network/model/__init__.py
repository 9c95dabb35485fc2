"""Routers as plain values: what every text says, before any platform words it."""
