"""Keypairs: what a user logs in to servers with.

Nova keeps them, for the user whose credentials are used. None are stored here.
A private key passes through once, in the answer to the request that had Nova
create it.
"""

from __future__ import annotations

import contextlib
from typing import Literal

from concertim_api.domain.errors import Conflict, Invalid, NotFound
from concertim_api.services.cloud.acting import (
    Caller,
    CloudActions,
    Keypair,
    KeypairActions,
)
from concertim_api.services.common.listing import Page
from concertim_api.services.operations.operations import (
    Answer,
    Intent,
    Operations,
    Target,
    gone_already,
)

Type = Literal["ssh", "x509"]

_NOUN = "key_pair"


class Keypairs:
    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def list(self, caller: Caller, region: str | None = None) -> Page:
        """Return the caller's keypairs. 1 request a page; no statement."""
        region = self._operations.region(region)
        actions = self._operations.actions(caller, region)
        return _page(region, *actions.keypairs.all())

    def get(
        self, caller: Caller, name: str, region: str | None = None
    ) -> Page:
        """Return a keypair of the caller. 1 request; no statement.

        Raises NotFound.
        """
        region = self._operations.region(region)
        actions = self._operations.actions(caller, region)
        return _page(region, actions.keypairs.one(name))

    def create(
        self,
        caller: Caller,
        name: str,
        type: Type = "ssh",
        public_key: str | None = None,
        region: str | None = None,
    ) -> Page:
        """Have Nova keep a public key or, without one, create a keypair.

        Only the answer to a creation has the private key. The same public key
        may be sent again by the same name. 1 request, 2 if the name is in
        use. 2 statements.

        Raises Conflict if another keypair has the name, or if one has it and
        there is no public key to compare.
        """
        region = self._operations.region(region)
        _check(public_key)

        def work(actions: CloudActions) -> Answer[Keypair]:
            keypairs = actions.keypairs
            try:
                return Answer(
                    keypairs.create(name, type=type, public_key=public_key)
                )
            except Conflict:
                return Answer(_same(keypairs, name, type, public_key))

        target = Target(region, _NOUN, "", name, caller.project_id)
        arguments = {"type": type, "made_by_nova": public_key is None}
        intent = Intent(target, _NOUN, "create", arguments)
        _, keypair = self._operations.run(caller, intent, work)
        return _page(region, keypair)

    def delete(
        self, caller: Caller, name: str, region: str | None = None
    ) -> None:
        """Delete a keypair of the caller; that it is gone is no error. 1
        request. 2 statements."""
        region = self._operations.region(region)

        def work(actions: CloudActions) -> Answer[None]:
            gone_already(lambda: actions.keypairs.delete(name))
            return Answer(None)

        target = Target(region, _NOUN, "", name, caller.project_id)
        self._operations.run(caller, Intent(target, _NOUN, "delete"), work)


def _page(region: str, *keypairs: Keypair) -> Page:
    return Page(keypairs, computed={"region": lambda keypair: region})


def _check(public_key: str | None) -> None:
    """Raise Invalid for a private key, sent in the place of a public one."""
    if public_key is not None and "PRIVATE KEY" in public_key:
        raise Invalid("public_key", "this is a private key; keep it")


def _same(
    keypairs: KeypairActions, name: str, type: Type, public_key: str | None
) -> Keypair:
    """Return the keypair of this name, if it has the same key."""
    if public_key is None:
        raise Conflict(
            f"There is a key pair {name}. Its private key is shown only when "
            "it is made: delete it, or take another name."
        )
    with contextlib.suppress(NotFound):
        keypair = keypairs.one(name)
        if keypair.type == type and same_key(keypair.public_key, public_key):
            return keypair
    raise Conflict(f"There is another key pair {name}.")


def same_key(first: str | None, second: str | None) -> bool:
    """Whether two texts are the same public key, whatever their comments."""
    if first is None or second is None:
        return False
    return _key(first) == _key(second)


def _key(text: str) -> tuple[str, ...]:
    """Return a key without the comment that follows a key of SSH."""
    words = text.split()
    is_ssh = bool(words) and not words[0].startswith("-----")
    return tuple(words[:2] if is_ssh else words)
