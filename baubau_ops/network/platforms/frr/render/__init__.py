"""Renders the configuration of a router from its model."""
