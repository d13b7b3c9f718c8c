"""``concertim-manage keystone``: our user, and our entry in the catalog."""

from __future__ import annotations

import argparse
import collections
import getpass
import os
import pathlib
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib import parse

from oslo_config import cfg

from concertim_api.domain.errors import Invalid
from concertim_api.keystone import commands
from concertim_api.keystone.plan import (
    Account,
    DesiredState,
    Outcome,
    Step,
    plan,
)

if TYPE_CHECKING:
    from concertim_api.keystone.directory import Directory

#: The variable with the password, if there is no file.
VARIABLE = "CONCERTIM_PASSWORD"

_INTERFACES = ("public", "internal", "admin")


def bootstrap(conf: cfg.ConfigOpts) -> None:
    """Register user, roles, service and endpoints in Keystone.

    What exists is kept; a URL that differs is changed. Nothing is deleted.
    The password of the user comes from --password-file, from the variable
    CONCERTIM_PASSWORD, or from a prompt. The password of an existing user is
    changed if another one is set.
    """
    # openstacksdk takes a second to load, and no other command needs it
    from concertim_api.keystone import directory, login

    command = conf.command
    account, urls = _account(command), _urls(conf)
    password = _password(command)
    connection = login.connect(command.login)
    desired = DesiredState(
        account, command.service, _region(command, connection), urls
    )
    keystone = directory.Directory(connection, password)
    actual = keystone.find(desired)
    steps = plan(desired, actual)
    if command.dry_run:
        _show_commands(steps, account)
        return
    if actual.user is None and keystone.password is None:
        keystone.password = _prompt_password(account)
    _take(steps, keystone, account)


def authtoken(conf: cfg.ConfigOpts) -> None:
    """Print the matching section [keystone_authtoken].

    The password is in it only with --with-password.
    """
    from concertim_api.keystone import section

    _print(section.authtoken_section, conf.command)


def cloud(conf: cfg.ConfigOpts) -> None:
    """Print the matching section [cloud].

    The password is in it only with --with-password. For the agent, our user
    needs a role that shows the resources of all projects: bootstrap --role.
    """
    from concertim_api.keystone import section

    _print(section.cloud_section, conf.command)


def _print(section: Callable[..., str], command: Any) -> None:
    from concertim_api.keystone import login

    account = _account(command)
    password = None
    if command.with_password:
        password = _password(command) or _prompt_password(account)
    connection = login.connect(command.login)
    print(section(connection, account, password))


def _account(command: Any) -> Account:
    return Account(
        user=command.user,
        user_domain=command.user_domain,
        project=command.project,
        project_domain=command.project_domain,
        roles=_roles(command),
    )


def _roles(command: Any) -> tuple[str, ...]:
    roles = getattr(command, "role", None) or ()
    return tuple(dict.fromkeys(["service", *roles]))


def _urls(conf: cfg.ConfigOpts) -> Mapping[str, str]:
    """Return the URLs that are named. Raises Invalid for a bad one."""
    urls = {i: getattr(conf.command, f"{i}_url") for i in _INTERFACES}
    urls["public"] = urls["public"] or conf.api.public_endpoint
    return {i: _url(f"--{i}-url", url) for i, url in urls.items() if url}


def _url(field: str, text: str) -> str:
    parts = parse.urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid(field, "not an http or https URL")
    if parts.username or parts.query or parts.fragment:
        raise Invalid(field, "more than a host and a path")
    if parts.path.rstrip("/").endswith("/v1"):
        raise Invalid(field, "ends in a version, which clients add themselves")
    return text.rstrip("/")


def _region(command: Any, connection: Any) -> str:
    region = command.region or connection.config.region_name
    if not region:
        raise Invalid("--region", "the log-in names no region")
    return str(region)


def _password(command: Any) -> str | None:
    path = command.password_file
    if path is None:
        return os.environ.get(VARIABLE) or None
    try:
        text = (
            sys.stdin.readline()
            if path == "-"
            else pathlib.Path(path).read_text(encoding="utf-8")
        )
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or "not UTF-8"
        raise Invalid("--password-file", f"{path}: {reason}") from None
    if not text.strip("\r\n"):
        raise Invalid("--password-file", f"{path}: empty")
    return text.rstrip("\r\n")


def _prompt_password(account: Account) -> str:
    if not sys.stdin.isatty():
        raise Invalid(
            "--password-file",
            f"neither it nor {VARIABLE} is set, and nobody can be asked for "
            f"the password of {account.user}",
        )
    first = getpass.getpass(f"Password of {account.user}: ")
    if not first or getpass.getpass("Once more: ") != first:
        raise Invalid("password", "empty, or not the same twice")
    return first


def _show_commands(steps: list[Step], account: Account) -> None:
    changes = [step for step in steps if step.outcome is not Outcome.KEPT]
    for step in changes:
        print(commands.command(step, account))
    if not changes:
        print("# Nothing is to be done.")


def _take(steps: list[Step], keystone: Directory, account: Account) -> None:
    """Take the steps, and print the outcome of each at once."""
    counts: collections.Counter[Outcome] = collections.Counter()
    for step in steps:
        detail = keystone.do(step, account)
        words = [
            f"{step.noun} {step.name}",
            detail and f"({detail})",
            step.why,
        ]
        print(f"{step.outcome:<8} {' '.join(filter(None, words))}", flush=True)
        counts[step.outcome] += 1
    if counts[Outcome.KEPT] == len(steps):
        print("Nothing had to be changed.")


def add_parsers(actions: Any, command: Callable[..., Any]) -> None:
    """Add the commands; ``command`` makes the parser of one."""
    bootstrap_parser = command(actions, "bootstrap", bootstrap)
    _add_login(bootstrap_parser)
    bootstrap_parser.add_argument(
        "--role",
        action="append",
        metavar="NAME",
        help="Another role of the user in its project, besides service, with "
        "which it checks tokens; repeatable.",
    )
    _add_catalog(bootstrap_parser)
    bootstrap_parser.add_argument(
        "--dry-run",
        action="store_true",
        help="Print the openstack commands that would do the same, and do "
        "nothing.",
    )
    for name, run in (("authtoken", authtoken), ("cloud", cloud)):
        parser = command(actions, name, run)
        _add_login(parser)
        parser.add_argument(
            "--with-password",
            action="store_true",
            help="Print the password, too.",
        )


def _add_login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--os-cloud",
        dest="login",
        metavar="NAME",
        help="An administrator's log-in in clouds.yaml; by default that of "
        "the variables OS_*.",
    )
    for name, default, about in (
        ("--user", "concertim", "The user of our services."),
        ("--user-domain", "Default", "The user's domain."),
        ("--project", "service", "The project of the user."),
        ("--project-domain", "Default", "The project's domain."),
    ):
        parser.add_argument(name, default=default, metavar="NAME", help=about)
    parser.add_argument(
        "--password-file",
        metavar="FILE",
        help="The file with the user's password; - is the standard input.",
    )


def _add_catalog(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--service",
        default="concertim",
        metavar="NAME",
        help="The name of the service; its type is always concertim.",
    )
    parser.add_argument(
        "--region",
        metavar="NAME",
        help="The region of the endpoints; by default that of the log-in. "
        "For several regions, run the command once for each.",
    )
    for interface, about in (
        ("public", "The URL for users; [api] public_endpoint by default."),
        ("internal", "The URL for other services, if it differs."),
        ("admin", "The URL for administrators, if it differs."),
    ):
        parser.add_argument(f"--{interface}-url", metavar="URL", help=about)
