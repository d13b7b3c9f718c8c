"""Key pairs in memory: ``services.cloud.acting.KeyPairOperator``.

Whoever asks has the same ones: nobody logs in here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from concertim_api.domain.errors import Conflict, Invalid, NotFound
from concertim_api.services.cloud.acting import KeyPair

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


class FakeKeyPairs:
    def __init__(self, cloud: FakeCloud) -> None:
        self._pairs = cloud.key_pairs

    def all(self) -> Sequence[KeyPair]:
        return [self._pairs[name] for name in sorted(self._pairs)]

    def one(self, name: str) -> KeyPair:
        if name not in self._pairs:
            raise NotFound(f"Keypair {name} not found")
        return self._pairs[name]

    def create(
        self, name: str, *, type: str = "ssh", public_key: str | None = None
    ) -> KeyPair:
        if not re.fullmatch(r"[\w\- .@]{1,255}", name, re.ASCII):
            raise Invalid("cloud", f"{name!r} is no name of a key pair")
        if name in self._pairs:
            raise Conflict(f"Key pair '{name}' already exists.")
        private_key = None
        if public_key is None:
            public_key, private_key = _made(name)
        pair = KeyPair(name, type, _fingerprint(public_key), public_key)
        self._pairs[name] = pair
        return KeyPair(name, type, pair.fingerprint, public_key, private_key)

    def delete(self, name: str) -> None:
        self.one(name)
        del self._pairs[name]


def _fingerprint(public_key: str) -> str:
    try:
        raw = base64.b64decode(public_key.split()[1], validate=True)
    except (IndexError, binascii.Error):
        raise Invalid("cloud", "the public key is none") from None
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return ":".join(re.findall("..", digest))


def _made(name: str) -> tuple[str, str]:
    """Return what looks like keys. Nobody can log in with them."""
    kind = "OPENSSH PRIVATE KEY"
    public, private = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (f"public {name}", f"private {name}")
    )
    return (
        f"ssh-ed25519 {public} Generated-by-Nova",
        f"-----BEGIN {kind}-----\n{private}\n-----END {kind}-----\n",
    )
