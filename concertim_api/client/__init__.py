"""The Python client of the concertim API.

``Client`` has one manager for each noun of the API. A manager returns rows:
dicts with the fields of the API. A list fetches each page when it is needed.
Each failure is an ``errors.ClientError``.

Words: client, manager, noun, row.
"""

from concertim_api.client import errors
from concertim_api.client.client import Client

__all__ = ("Client", "errors")
