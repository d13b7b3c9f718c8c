"""Key pairs: what you log in to servers with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from concertim_api.client.arguments import body, query
from concertim_api.client.http import Http, listed, path


class KeyPair(TypedDict):
    """A key pair of yours; ``private_key`` only in the answer to
    ``create``, and None there if the public key was given."""

    region: str
    name: str
    type: str
    fingerprint: str
    public_key: str | None
    private_key: NotRequired[str | None]


class KeyPairs:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, *, region: str | None = None) -> Sequence[KeyPair]:
        """Return your key pairs. ``region``: where there are several."""
        found = self._http.get(path("keypairs"), query(region=region))
        return listed(found, "keypairs")

    def get(self, name: str, *, region: str | None = None) -> KeyPair:
        """Return a key pair of yours."""
        found: KeyPair = self._http.get(
            path("keypairs", name), query(region=region)
        )
        return found

    def create(
        self,
        name: str,
        *,
        type: str | None = None,
        public_key: str | None = None,
        region: str | None = None,
    ) -> KeyPair:
        """Hand in a public key or, without one, have a key pair made.

        Keep its ``private_key``: nobody will ever tell it again. Raises
        Conflict if another key has this name; also if one was made whose
        answer got lost: then delete it, and have it made anew.
        """
        values = {
            "name": name,
            "type": type,
            "public_key": public_key,
            "region": region,
        }
        made: KeyPair = self._http.post(
            path("keypairs"), body(values), secret=True
        )
        return made

    def delete(self, name: str, *, region: str | None = None) -> None:
        """Delete a key pair of yours, if there is one of this name."""
        self._http.delete(path("keypairs", name), query(region=region))
