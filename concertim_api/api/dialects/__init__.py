"""Dialects: what other programs speak, beside our own API.

``dialect`` and ``errors`` serve each of them; a dialect has a folder.
"""
