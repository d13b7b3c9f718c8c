"""Key pairs of who calls, as the front end shows them."""

from __future__ import annotations

from typing import Any, cast, get_args

from concertim_api.api.dialects.concertim.documents import success
from concertim_api.api.dialects.concertim.fields import Request, Route
from concertim_api.api.dialects.replies import Reply
from concertim_api.domain.errors import Invalid
from concertim_api.services.cloud.acting import KeyPair
from concertim_api.services.operations import keypairs


class KeyPairs:
    def __init__(self, pairs: keypairs.KeyPairs, region: str) -> None:
        self._pairs = pairs
        self._region = region

    def create(self, request: Request) -> Reply:
        fields = request.fields.within("key_pair")
        name, key_type = fields.text("name"), fields.optional("key_type")
        if key_type not in (None, *get_args(keypairs.Type)):
            raise Invalid("key_type", "neither ssh nor x509")
        found = self._pairs.create(
            request.caller(),
            name,
            cast(keypairs.Type, key_type or "ssh"),
            fields.optional("public_key"),
            self._region,
        )
        (pair,) = found.rows
        shown = {**_shown(pair), "private_key": pair.private_key}
        return success({"key_pair": shown})

    def all(self, request: Request) -> Reply:
        found = self._pairs.list(request.caller(), self._region)
        return success({"key_pairs": [_shown(pair) for pair in found.rows]})

    def delete(self, request: Request) -> Reply:
        name = request.fields.text("keypair_name")
        self._pairs.delete(request.caller(), name, self._region)
        return success({"key_pair_name": name})

    def routes(self) -> list[Route]:
        path = "/key_pairs"
        return [
            Route(
                "POST", path, self.create, ("cloud_env", "key_pair", "name")
            ),
            Route("GET", path, self.all, ("cloud_env",)),
            Route("DELETE", path, self.delete, ("cloud_env", "keypair_name")),
        ]


def _shown(pair: KeyPair) -> dict[str, Any]:
    return {
        "id": pair.name,
        "name": pair.name,
        "type": pair.type,
        "public_key": pair.public_key,
        "fingerprint": pair.fingerprint,
    }
