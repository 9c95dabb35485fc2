"""Sessions to many routers at once."""
