"""The steps as commands of openstack, to be done by hand."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

from concertim_api.keystone.plan import (
    DESCRIPTION,
    SERVICE_TYPE,
    Account,
    Outcome,
    Step,
)

_Words = list[str]


def command(step: Step, account: Account) -> str:
    """Return the command of a step. It never holds a password."""
    words = _WORDS[step.noun, step.outcome](step, account)
    return shlex.join(["openstack", *words])


def _new_project(step: Step, account: Account) -> _Words:
    domain = ["--domain", account.project_domain]
    return ["project", "create", *domain, step.name]


def _new_role(step: Step, account: Account) -> _Words:
    return ["role", "create", step.name]


def _new_user(step: Step, account: Account) -> _Words:
    domain = ["--domain", account.user_domain]
    return ["user", "create", *domain, "--password-prompt", step.name]


def _change_user(step: Step, account: Account) -> _Words:
    return ["user", "set", *_options(step), step.id]


def _new_grant(step: Step, account: Account) -> _Words:
    return [
        *("role", "add", "--project", account.project),
        *("--project-domain", account.project_domain),
        *("--user", account.user, "--user-domain", account.user_domain),
        step.name,
    ]


def _new_service(step: Step, account: Account) -> _Words:
    about = ["--name", step.name, "--description", DESCRIPTION]
    return ["service", "create", *about, SERVICE_TYPE]


def _change_service(step: Step, account: Account) -> _Words:
    return ["service", "set", *_options(step), step.id]


def _new_endpoint(step: Step, account: Account) -> _Words:
    values = step.values
    return [
        *("endpoint", "create", "--region", values["region"]),
        *(SERVICE_TYPE, values["interface"], values["url"]),
    ]


def _change_endpoint(step: Step, account: Account) -> _Words:
    return ["endpoint", "set", *_options(step), step.id]


def _options(step: Step) -> _Words:
    words = {
        "url": ["--url", str(step.values.get("url"))],
        "enabled": ["--enable"],
        "password": ["--password-prompt"],
    }
    return [word for name in step.values for word in words[name]]


_WORDS: Mapping[tuple[str, Outcome], Callable[[Step, Account], _Words]] = {
    ("project", Outcome.CREATED): _new_project,
    ("role", Outcome.CREATED): _new_role,
    ("user", Outcome.CREATED): _new_user,
    ("user", Outcome.CHANGED): _change_user,
    ("grant", Outcome.CREATED): _new_grant,
    ("service", Outcome.CREATED): _new_service,
    ("service", Outcome.CHANGED): _change_service,
    ("endpoint", Outcome.CREATED): _new_endpoint,
    ("endpoint", Outcome.CHANGED): _change_endpoint,
}
