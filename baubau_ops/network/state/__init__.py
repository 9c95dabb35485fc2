"""The observed state of routers."""
