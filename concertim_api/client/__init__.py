"""The Python client of the concertim API.

    session = keystoneauth1.session.Session(auth=...)
    concertim = Client(session)
    for period in concertim.periods.list(kind="instance", running=True):
        print(period["name"], period["start"])

Lists fetch their next page when it is needed, however long they are. Things
are dicts with the fields of the API; totals of usage are Decimals.
Everything that goes wrong is an ``errors.ClientError``.
"""

from concertim_api.client import errors
from concertim_api.client.client import Client

__all__ = ("Client", "errors")
