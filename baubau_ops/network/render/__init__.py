"""The texts of all routers."""
