"""Kinds of router: how each is configured, read and checked."""
