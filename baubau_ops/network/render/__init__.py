"""Renders the configurations of all routers."""
