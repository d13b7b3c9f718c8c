"""Addresses that options name."""

from __future__ import annotations

from urllib.parse import urlsplit


def problem(url: str) -> str:
    """Return why a URL is not the address of a server; "": it is one."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "not the address of an HTTP server"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "no login and no query belong in it"
    return ""
