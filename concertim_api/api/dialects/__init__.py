"""Dialects: what other programs speak, beside our own API.

The modules here are the kit of every dialect. Each dialect has a folder, and
hands in what is its own: routes, token check, fields, log-in and documents.
"""
