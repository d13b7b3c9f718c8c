"""Key pairs: what a user logs in to servers with.

They are Nova's, and the user's whose credentials are used; nothing of them is
stored here. The private one passes through once, in the answer to what had it
made.
"""

from __future__ import annotations

import contextlib
from typing import Literal

from concertim_api.domain.errors import Conflict, Invalid, NotFound
from concertim_api.services.cloud.acting import Caller, KeyPair, Operator
from concertim_api.services.common.listing import Found
from concertim_api.services.operations.operations import (
    Done,
    Intent,
    Operations,
    gone_already,
)

Type = Literal["ssh", "x509"]

_NOUN = "key_pair"


class KeyPairs:
    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def list(self, caller: Caller, region: str | None = None) -> Found:
        """Return the caller's key pairs. 1 request a page; no statement."""
        region = self._operations.region(region)
        operator = self._operations.operator(caller, region)
        return _found(region, *operator.key_pairs.all())

    def get(
        self, caller: Caller, name: str, region: str | None = None
    ) -> Found:
        """Return a key pair of the caller. 1 request; no statement.

        Raises NotFound.
        """
        region = self._operations.region(region)
        operator = self._operations.operator(caller, region)
        return _found(region, operator.key_pairs.one(name))

    def create(
        self,
        caller: Caller,
        name: str,
        type: Type = "ssh",
        public_key: str | None = None,
        region: str | None = None,
    ) -> Found:
        """Have Nova take a public key or, without one, make a key pair.

        What is returned then has the private one, as nothing else ever
        will. The same public key by the same name may be sent again. 1
        request, 2 if the name is taken. 2 statements.

        Raises Conflict if the name is taken by another one, or if it is,
        and no public key says that it is the same.
        """
        region = self._operations.region(region)
        _check(public_key)

        def work(operator: Operator) -> Done[KeyPair]:
            pairs = operator.key_pairs
            try:
                made = pairs.create(name, type=type, public_key=public_key)
            except Conflict:
                made = _same(operator, name, type, public_key)
            return Done(made)

        intent = Intent(
            noun=_NOUN,
            action="create",
            kind=_NOUN,
            region=region,
            name=name,
            project_id=caller.project_id,
            arguments={"type": type, "made_by_nova": public_key is None},
        )
        _, made = self._operations.run(caller, intent, work)
        return _found(region, made)

    def delete(
        self, caller: Caller, name: str, region: str | None = None
    ) -> None:
        """Delete a key pair of the caller. That it is gone is what was
        wanted. 1 request. 2 statements."""
        region = self._operations.region(region)

        def work(operator: Operator) -> Done[None]:
            gone_already(lambda: operator.key_pairs.delete(name))
            return Done(None)

        intent = Intent(
            noun=_NOUN,
            action="delete",
            kind=_NOUN,
            region=region,
            name=name,
            project_id=caller.project_id,
        )
        self._operations.run(caller, intent, work)


def _found(region: str, *pairs: KeyPair) -> Found:
    return Found(pairs, computed={"region": lambda pair: region})


def _check(public_key: str | None) -> None:
    """Let no private key out that was taken for the public one."""
    if public_key is not None and "PRIVATE KEY" in public_key:
        raise Invalid("public_key", "this is a private key; keep it")


def _same(
    operator: Operator, name: str, type: Type, public_key: str | None
) -> KeyPair:
    """Return what has this name already, if it is just that."""
    if public_key is None:
        raise Conflict(
            f"There is a key pair {name}. Its private key is told only when "
            "it is made: delete it, or take another name."
        )
    with contextlib.suppress(NotFound):
        known = operator.key_pairs.one(name)
        if known.type == type and same_key(known.public_key, public_key):
            return known
    raise Conflict(f"There is another key pair {name}.")


def same_key(one: str | None, other: str | None) -> bool:
    """Whether two texts are the same public key, whatever is said of it."""
    return one is not None and other is not None and _key(one) == _key(other)


def _key(text: str) -> tuple[str, ...]:
    """Return a key without the comment that one of SSH has after it."""
    words = text.split()
    is_ssh = bool(words) and not words[0].startswith("-----")
    return tuple(words[:2] if is_ssh else words)
