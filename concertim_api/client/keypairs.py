"""Key pairs: what you log in to servers with."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from concertim_api.client.arguments import body, query
from concertim_api.client.collection import ById, ShortList


class KeyPair(TypedDict):
    """A key pair of yours; ``private_key`` only in the answer to
    ``create``, and None there if the public key was given."""

    region: str
    name: str
    type: str
    fingerprint: str
    public_key: str | None
    private_key: NotRequired[str | None]


class KeyPairs(ShortList[KeyPair], ById[KeyPair]):
    """Your key pairs; the id of one is its name. ``region``: which one, where
    there are several."""

    nouns = "keypairs"

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
        pair: KeyPair = self._http.post(
            self._path(),
            body(name=name, type=type, public_key=public_key, region=region),
            secret=True,
        )
        return pair

    def delete(self, name: str, *, region: str | None = None) -> None:
        """Delete a key pair of yours, if there is one of this name."""
        self._http.delete(self._path(name), query(region=region))
