"""Kinds of router: how each is configured, changed, read and checked, behind one Protocol."""
