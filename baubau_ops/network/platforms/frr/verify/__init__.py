"""Compares what a router does besides routing with its model."""
