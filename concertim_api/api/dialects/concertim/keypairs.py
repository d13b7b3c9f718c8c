"""Key pairs of the caller, as the front end shows them."""

from __future__ import annotations

import dataclasses as dc
from typing import Any, cast, get_args

from concertim_api.api.dialects.concertim.documents import Request, success
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.domain.errors import Invalid
from concertim_api.services.cloud.acting import Keypair
from concertim_api.services.operations import keypairs


@dc.dataclass(frozen=True, slots=True)
class KeyPairs:
    actions: keypairs.Keypairs
    region: str

    @route("POST", "/key_pairs", "cloud_env", "key_pair", "name")
    def create(self, request: Request) -> Reply:
        fields = request.fields.within("key_pair")
        name, key_type = fields.text("name"), fields.optional("key_type")
        if key_type not in (None, *get_args(keypairs.Type)):
            raise Invalid("key_type", "neither ssh nor x509")
        page = self.actions.create(
            request.caller(),
            name,
            cast(keypairs.Type, key_type or "ssh"),
            fields.optional("public_key"),
            self.region,
        )
        (keypair,) = page.rows
        document = {**_document(keypair), "private_key": keypair.private_key}
        return success({"key_pair": document})

    @route("GET", "/key_pairs", "cloud_env")
    def all(self, request: Request) -> Reply:
        page = self.actions.list(request.caller(), self.region)
        return success(
            {"key_pairs": [_document(keypair) for keypair in page.rows]}
        )

    @route("DELETE", "/key_pairs", "cloud_env", "keypair_name")
    def delete(self, request: Request) -> Reply:
        name = request.fields.text("keypair_name")
        self.actions.delete(request.caller(), name, self.region)
        return success({"key_pair_name": name})


def _document(keypair: Keypair) -> dict[str, Any]:
    return {
        "id": keypair.name,
        "name": keypair.name,
        "type": keypair.type,
        "public_key": keypair.public_key,
        "fingerprint": keypair.fingerprint,
    }
