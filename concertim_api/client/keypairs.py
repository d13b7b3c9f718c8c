"""Keypairs: the keys for logging in to servers."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from concertim_api.client.collection import ById, ShortList
from concertim_api.client.http import body, query


class Keypair(TypedDict):
    """A keypair of yours.

    Only the answer to ``create`` has a ``private_key``; it is None if the
    caller gave the public key.
    """

    region: str
    name: str
    type: str
    fingerprint: str
    public_key: str | None
    private_key: NotRequired[str | None]


class Keypairs(ShortList[Keypair], ById[Keypair]):
    """Your keypairs; the id of one is its name.

    ``region`` is needed only where there are several.
    """

    nouns = "keypairs"

    def create(
        self,
        name: str,
        *,
        type: str | None = None,
        public_key: str | None = None,
        region: str | None = None,
    ) -> Keypair:
        """Register a public key or, without one, create a keypair.

        The caller must store the ``private_key``: it is never shown again.
        Raises Conflict if a keypair has this name; also after an answer that
        was lost: then delete the keypair and create it again.
        """
        keypair: Keypair = self._http.post(
            self._path(),
            body(name=name, type=type, public_key=public_key, region=region),
            secret=True,
        )
        return keypair

    def delete(self, name: str, *, region: str | None = None) -> None:
        """Delete the keypair of yours with this name, if there is one."""
        self._http.delete(self._path(name), query(region=region))
