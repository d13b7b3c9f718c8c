"""Almanach's dialect: its API, on the ledger."""
