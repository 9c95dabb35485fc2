"""Derives a model of every router from the inventory. Pure."""
