"""/v1/keypairs"""

from __future__ import annotations

from typing import Any, get_args

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import keypairs as policies
from concertim_api.services.common.listing import Page
from concertim_api.services.operations import keypairs as operating

_REGION = {"region": types.text}
_type = types.Choice(*get_args(operating.Type))


class KeyPair(types.Item):
    """A key pair of the caller, without the private key."""

    #: The field that is its id.
    _id = "name"

    region = types.text
    name = types.text
    type = types.text
    fingerprint = types.text
    public_key = types.prose


class NewKeyPair(KeyPair):
    """A new key pair, with the private key if Nova made it."""

    private_key = types.prose


class KeyPairList(types.List):
    keypairs = [KeyPair]


class KeyPairWanted(types.Representation):
    name = types.required(types.text)
    type = _type
    public_key = types.prose
    region = types.text


class KeyPairsController(Controller):
    def __init__(self, keypairs: operating.Keypairs) -> None:
        self._keypairs = keypairs

    @expose(KeyPairList, policy=policies.LIST, query=_REGION)
    def get_all(self, context: Context, region: str | None = None) -> Page:
        """List your key pairs.

        region is needed only where there are several.
        """
        return self._keypairs.list(context.caller(), region)

    @expose(KeyPair, policy=policies.LIST, query=_REGION)
    def get_one(
        self, context: Context, keypair_name: str, region: str | None = None
    ) -> Page:
        """Show one of your key pairs."""
        return self._keypairs.get(context.caller(), keypair_name, region)

    @expose(NewKeyPair, policy=policies.CREATE, body=KeyPairWanted, status=201)
    def post(self, context: Context, body: dict[str, Any]) -> Page:
        """Store a public key of yours in Nova, or let Nova make a key pair.

        Without public_key Nova makes one. Only this answer has the private
        key: it is neither stored nor logged. The same name and public key
        may be sent again; another key with that name is a conflict.
        """
        return self._keypairs.create(context.caller(), **body)

    @expose(policy=policies.DELETE, status=204, query=_REGION)
    def delete(
        self, context: Context, keypair_name: str, region: str | None = None
    ) -> None:
        """Delete one of your key pairs.

        Servers that were made with it keep the public key. Without a key pair
        of this name nothing happens.
        """
        self._keypairs.delete(context.caller(), keypair_name, region)
