"""What routers are seen to do."""
