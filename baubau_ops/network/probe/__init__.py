"""Proves the policy by packets."""
