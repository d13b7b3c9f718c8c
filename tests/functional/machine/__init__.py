"""Anything, in any order, and at every write."""
