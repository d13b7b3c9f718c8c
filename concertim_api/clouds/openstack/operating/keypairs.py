"""Key pairs: ``services.cloud.acting.KeyPairOperator``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.paging import Query
from concertim_api.clouds.openstack.service import Service
from concertim_api.domain.errors import Unavailable
from concertim_api.payloads.facts import MALFORMED
from concertim_api.services.cloud.acting import KeyPair

#: Nova tells the type of a key pair since 2.2, and page by page since 2.35.
#: 2.91 is the last microversion at which it makes keys itself; a newer Nova
#: still does, if it is asked at this one.
_VERSIONS = ("2.2", "2.91")

#: Since 2.92 Nova only takes keys, and lets their names have dots and @.
_TAKING = ("2.2", "2.92")


_LIST = Query("/os-keypairs", versions=_VERSIONS)


class KeyPairOrders:
    """Nova gives each user his own: the credentials say whose."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def all(self) -> Sequence[KeyPair]:
        rows = paging.items(self._service, _LIST)
        return [_read(row) for row in rows]

    def one(self, name: str) -> KeyPair:
        path = f"/os-keypairs/{quoted(name)}"
        return _read(self._service.get(path, versions=_VERSIONS).body)

    def create(
        self, name: str, *, type: str = "ssh", public_key: str | None = None
    ) -> KeyPair:
        pair = {"name": name, "type": type}
        versions = _VERSIONS
        if public_key is not None:
            pair["public_key"], versions = public_key, _TAKING
        answer = self._service.request(
            "POST", "/os-keypairs", {"keypair": pair}, versions=versions
        )
        return _read(answer.body, type)

    def delete(self, name: str) -> None:
        path = f"/os-keypairs/{quoted(name)}"
        self._service.request("DELETE", path, versions=_VERSIONS)


def _read(body: Any, asked_type: str | None = None) -> KeyPair:
    """Return the key pair in an answer. What is wrong with one is not told:
    it may hold a private key."""
    try:
        pair = body["keypair"]
        return KeyPair(
            name=str(pair["name"]),
            type=str(pair.get("type") or asked_type or "ssh"),
            fingerprint=str(pair["fingerprint"]),
            public_key=pair.get("public_key"),
            private_key=pair.get("private_key"),
        )
    except MALFORMED:
        raise Unavailable("Nova's answer holds no key pair") from None
