"""Key pairs: ``services.cloud.acting.KeypairActions``."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence
from typing import Any

from concertim_api.clouds.openstack import paging
from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.paging import Query
from concertim_api.clouds.openstack.service import Service
from concertim_api.domain.errors import Unavailable
from concertim_api.payloads.facts import MALFORMED
from concertim_api.services.cloud.acting import Keypair

#: Nova has types of key pairs since 2.2, and pages since 2.35. 2.91 is the
#: last microversion at which it makes keys. A newer Nova still makes them at
#: that one.
_VERSIONS = ("2.2", "2.91")

#: Since 2.92 Nova only imports keys, and their names may have dots and @.
_IMPORT_VERSIONS = ("2.2", "2.92")


_LIST = Query("/os-keypairs", versions=_VERSIONS)


@dc.dataclass(frozen=True, slots=True)
class KeypairOrders:
    """The key pairs of the user of the credentials."""

    service: Service

    def all(self) -> Sequence[Keypair]:
        rows = paging.items(self.service, _LIST)
        return [_keypair(row) for row in rows]

    def one(self, name: str) -> Keypair:
        path = f"/os-keypairs/{quoted(name)}"
        return _keypair(self.service.get(path, versions=_VERSIONS).body)

    def create(
        self, name: str, *, type: str = "ssh", public_key: str | None = None
    ) -> Keypair:
        fields = {"name": name, "type": type}
        versions = _VERSIONS
        if public_key is not None:
            fields["public_key"], versions = public_key, _IMPORT_VERSIONS
        answer = self.service.request(
            "POST", "/os-keypairs", {"keypair": fields}, versions=versions
        )
        return _keypair(answer.body, type)

    def delete(self, name: str) -> None:
        path = f"/os-keypairs/{quoted(name)}"
        self.service.request("DELETE", path, versions=_VERSIONS)


def _keypair(body: Any, default_type: str | None = None) -> Keypair:
    """Return the key pair in an answer. The error does not quote it: it may
    hold a private key."""
    try:
        fields = body["keypair"]
        return Keypair(
            name=str(fields["name"]),
            type=str(fields.get("type") or default_type or "ssh"),
            fingerprint=str(fields["fingerprint"]),
            public_key=fields.get("public_key"),
            private_key=fields.get("private_key"),
        )
    except MALFORMED:
        raise Unavailable("Nova's answer holds no key pair") from None
