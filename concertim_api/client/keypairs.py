"""Keypairs: the keys for logging in to servers."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from concertim_api.client.collection import ById, Creates, Deletes, ShortList


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


class Keypairs(ShortList[Keypair], ById[Keypair], Creates[Keypair], Deletes):
    """Your keypairs; the id of one is its name.

    ``region`` is needed only where there are several. ``delete`` does nothing
    if there is none with this name.

    ``create`` registers a public key or, without one, creates a keypair:
    name, type, public_key, region. The caller must store the ``private_key``:
    it is never shown again. Raises Conflict if a keypair has this name; also
    after an answer that was lost: then delete it and create it again.
    """

    nouns = "keypairs"
    secrets = frozenset({"name"})  # the answer has the private key
