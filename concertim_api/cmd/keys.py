"""``concertim-manage key``: the named keys of ``auth_strategy = key``."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from concertim_api import bootstrap, policies
from concertim_api.domain.errors import Invalid
from concertim_api.payloads import facts

#: What callers of the service give -> the argument that an operator typed.
_ARGUMENTS = {
    "name": "NAME",
    "roles": "--role",
    "project_id": "--project",
    "expires_at": "--expires",
}


def create(conf: cfg.ConfigOpts) -> None:
    """Make a named key, and print its secret this one time."""
    command = conf.command
    roles = command.role or ["reader"]
    _check_roles(conf, roles)
    with _arguments_named():
        _, secret = bootstrap.services(conf).keys.create(
            command.key, roles, command.project, _moment(command.expires)
        )
    _warn(conf)
    print(secret)


def rotate(conf: cfg.ConfigOpts) -> None:
    """Give a named key a new secret, and print it this one time.

    Name, roles, project and end of the key stay. The secret before ends at
    once, or after --overlap.
    """
    overlap = timedelta(minutes=conf.command.overlap)
    key, secret = bootstrap.services(conf).keys.rotate(
        conf.command.key, overlap
    )
    if key.previous_until is not None:
        end = key.previous_until.isoformat(timespec="seconds")
        sys.stderr.write(f"The secret before counts until {end}.\n")
    _warn(conf)
    print(secret)


def show_all(conf: cfg.ConfigOpts) -> None:
    """Print the named keys, never their secrets."""
    for key in bootstrap.services(conf).keys.list():
        expires = key.expires_at.isoformat() if key.expires_at else "never"
        line = (
            f"{key.name}\troles {','.join(key.roles)}\t"
            f"project {key.project_id or 'any'}\texpires {expires}"
        )
        if key.previous_until is not None:
            line += f"\tsecret before until {key.previous_until.isoformat()}"
        print(line)


def revoke(conf: cfg.ConfigOpts) -> None:
    """End a named key at once."""
    bootstrap.services(conf).keys.revoke(conf.command.key)


def _moment(text: str | None) -> datetime | None:
    try:
        return facts.moment(text, "--expires")
    except ValueError as exc:
        raise Invalid("--expires", "not a date and time") from exc


@contextlib.contextmanager
def _arguments_named() -> Iterator[None]:
    """Raise Invalid for the argument that an operator typed."""
    try:
        yield
    except Invalid as exc:
        field = _ARGUMENTS.get(exc.field, exc.field)
        raise Invalid(field, exc.problem) from None


def _check_roles(conf: cfg.ConfigOpts, roles: Sequence[str]) -> None:
    """Raise Invalid for a role that no policy names: it may do nothing."""
    enforcer = policy.Enforcer(conf)
    enforcer.register_defaults(policies.list_rules())
    enforcer.load_rules()
    checks = " ".join(str(check) for check in enforcer.rules.values())
    named = sorted({*re.findall(r"\brole:([\w-]+)", checks)})
    for role in roles:
        if role not in named:
            raise Invalid(
                "--role",
                f"no policy names the role {role}; they name "
                f"{', '.join(named)}",
            )


def _warn(conf: cfg.ConfigOpts) -> None:
    strategy = conf.api.auth_strategy
    if strategy != "key":
        sys.stderr.write(
            f"The API takes no keys: [api] auth_strategy is {strategy}. "
            "Nobody is let in by this secret until it is key.\n"
        )


def add_parsers(
    actions: Any, command: Callable[..., argparse.ArgumentParser]
) -> None:
    new = command(actions, "create", create)
    new.add_argument("key", metavar="NAME")
    new.add_argument(
        "--role",
        action="append",
        metavar="ROLE",
        help="admin, manager, member or reader (the default), or a role that "
        "your policies name; repeatable.",
    )
    new.add_argument(
        "--project", metavar="ID", help="The project that the key is for."
    )
    new.add_argument(
        "--expires",
        metavar="DATE",
        help="The end of the key; never by default.",
    )
    command(actions, "list", show_all)
    rotated = command(actions, "rotate", rotate)
    rotated.add_argument("key", metavar="NAME")
    rotated.add_argument(
        "--overlap",
        type=_minutes,
        default=0,
        metavar="MINUTES",
        help="Let the secret before count for so long; by default it ends at "
        "once.",
    )
    command(actions, "revoke", revoke).add_argument("key", metavar="NAME")


def _minutes(text: str) -> int:
    """Return a number of minutes, of a year at most."""
    minutes = int(text)
    if not 0 <= minutes <= 366 * 24 * 60:
        raise argparse.ArgumentTypeError("0 to 527040")
    return minutes
