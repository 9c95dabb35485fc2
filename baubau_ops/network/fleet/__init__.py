"""Sessions with many routers at once."""
