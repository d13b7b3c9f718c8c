"""Nova's key pairs: each user has his own, known by their names."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.faults import (
    fault,
    invalid_field,
    not_allowed,
)

_LISTED = ("name", "public_key", "fingerprint")
_MOST = 100


def _own(call, action, asked_for=None):
    """Return the key pairs of who asks, or of another user's, by name."""
    user_id = asked_for or call.identity.user_id
    if user_id != call.identity.user_id and not call.identity.is_admin:
        raise not_allowed(f"os_compute_api:os-keypairs:{action}")
    return user_id, call.simulator.keypairs.setdefault(user_id, {})


def _of_user(call, version):
    return call.query.get("user_id") if version >= (2, 10) else None


def _view(pair, fields, version):
    more = ("type",) if version >= (2, 2) else ()
    return {name: pair[name] for name in (*fields, *more)}


def listed(call):
    version = call.nova_version()
    _, pairs = _own(call, "index", _of_user(call, version))
    names = sorted(pairs)
    limit = most = call.simulator.max_limit
    if version >= (2, 35):
        names = _after(names, call.query.get("marker"))
        limit = min(int(call.query.get("limit") or most), most)
        names = names[:limit]
    shown = [_view(pairs[name], _LISTED, version) for name in names]
    body = {"keypairs": [{"keypair": pair} for pair in shown]}
    if version >= (2, 35) and names and len(names) == limit:
        link = {"rel": "next", "href": call.next_url(names[-1])}
        body["keypairs_links"] = [link]
    return Response(200, body)


def _after(names, marker):
    if marker is None:
        return names
    if marker not in names:
        raise Failed(fault(400, f"Marker {marker} could not be found."))
    return names[names.index(marker) + 1 :]


def one(call, name):
    version = call.nova_version()
    user_id, pairs = _own(call, "show", _of_user(call, version))
    if name not in pairs:
        raise _unknown(name, user_id)
    more = ("user_id", "created_at", "deleted", "deleted_at", "id")
    fields = (*_LISTED, *more, "updated_at")
    return Response(200, {"keypair": _view(pairs[name], fields, version)})


def _unknown(name, user_id):
    message = f"Keypair {name} not found for user {user_id}"
    return Failed(fault(404, message))


def create(call):
    version = call.nova_version()
    asked = _valid(call.json(), version)
    name = asked["name"].strip()
    user_id, pairs = _own(call, "create", asked.get("user_id"))
    if name in pairs:
        message = f"Key pair '{name}' already exists."
        raise Failed(fault(409, message))
    if len(pairs) >= _MOST:
        raise Failed(fault(403, "Quota exceeded, too many key pairs."))
    public_key, private_key = asked.get("public_key"), None
    if public_key is None:
        public_key, private_key = _made(call.simulator)
    pairs[name] = pair = {
        "id": sum(map(len, call.simulator.keypairs.values())) + 1,
        "name": name,
        "type": asked.get("type", "ssh"),
        "user_id": user_id,
        "public_key": public_key,
        "fingerprint": _fingerprint(public_key),
        "created_at": call.simulator.site.exact(),
        "updated_at": None,
        "deleted_at": None,
        "deleted": False,
    }
    shown = _view(pair, (*_LISTED, "user_id"), version)
    if private_key is not None:
        shown["private_key"] = private_key
    return Response(201 if version >= (2, 2) else 200, {"keypair": shown})


def _valid(body, version):
    asked = body.get("keypair") if isinstance(body, dict) else None
    if not isinstance(asked, dict):
        raise invalid_field("None", body, "'keypair' is a required property")
    needed = ["name", *(["public_key"] if version >= (2, 92) else [])]
    for field in needed:
        if field not in asked:
            problem = f"{field!r} is a required property"
            raise invalid_field("keypair", asked, problem)
    known = {"name", "public_key"}
    known |= {"type"} if version >= (2, 2) else set()
    known |= {"user_id"} if version >= (2, 10) else set()
    for field in sorted(asked.keys() - known):
        problem = (
            f"Additional properties are not allowed ({field!r} was unexpected)"
        )
        raise invalid_field("keypair", asked, problem)
    kind = asked.get("type", "ssh")
    if kind not in ("ssh", "x509"):
        problem = f"{kind!r} is not one of ['ssh', 'x509']"
        raise invalid_field("type", kind, problem)
    _valid_name(asked["name"], version)
    return asked


def _valid_name(name, version):
    """Since 2.92 dots and at signs are good too."""
    good = r"[\w\- ]{1,255}" if version < (2, 92) else r"[\w\-@. ]{1,255}"
    if not isinstance(name, str) or not re.fullmatch(good, name, re.ASCII):
        problem = f"{name!r} does not match the allowed characters"
        raise invalid_field("name", name, problem)


def _fingerprint(public_key):
    try:
        raw = base64.b64decode(public_key.split(" ")[1], validate=True)
    except (IndexError, binascii.Error, AttributeError):
        message = "Keypair data is invalid: failed to generate fingerprint"
        raise Failed(fault(400, message)) from None
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return ":".join(re.findall("..", digest))


def _made(simulator):
    """Return what looks like keys. Nobody can log in with them."""
    text = base64.b64encode(simulator.site.new_id().encode() * 8).decode()
    kind = "RSA PRIVATE KEY"
    private = f"-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n"
    public = base64.b64encode(b"\0\0\0\7ssh-rsa" + text.encode()).decode()
    return f"ssh-rsa {public} Generated-by-Nova", private


def delete(call, name):
    version = call.nova_version()
    user_id, pairs = _own(call, "delete", _of_user(call, version))
    if name not in pairs:
        raise _unknown(name, user_id)
    del pairs[name]
    return Response(204 if version >= (2, 2) else 202, b"")


ROUTES = (
    ("GET", "v2.1/os-keypairs", listed),
    ("POST", "v2.1/os-keypairs", create),
    ("GET", "v2.1/os-keypairs/{name}", one),
    ("DELETE", "v2.1/os-keypairs/{name}", delete),
)
