"""Derives every router's text from the inventory, checks it, applies it and verifies what came of it."""
