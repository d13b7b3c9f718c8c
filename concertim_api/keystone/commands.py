"""The steps as commands of openstack, to be done by hand."""

from __future__ import annotations

import shlex

from concertim_api.keystone.plan import (
    DESCRIPTION,
    SERVICE_TYPE,
    Account,
    Outcome,
    Step,
)


def command(step: Step, account: Account) -> str:
    """Return the command of a step. It never holds a password."""
    if step.outcome is Outcome.CHANGED:
        words = [step.noun, "set", *_options(step), step.id]
    else:
        words = _creation(step, account)
    return shlex.join(["openstack", *words])


def _creation(step: Step, account: Account) -> list[str]:
    match step.noun:
        case "grant":
            return [
                *("role", "add", "--project", account.project),
                *("--project-domain", account.project_domain),
                *("--user", account.user),
                *("--user-domain", account.user_domain, step.name),
            ]
        case "project":
            words = ["--domain", account.project_domain, step.name]
        case "user":
            domain = ["--domain", account.user_domain]
            words = [*domain, "--password-prompt", step.name]
        case "service":
            about = ["--name", step.name, "--description", DESCRIPTION]
            words = [*about, SERVICE_TYPE]
        case "endpoint":
            values = step.values
            place = ["--region", values["region"], SERVICE_TYPE]
            words = [*place, values["interface"], values["url"]]
        case _:
            words = [step.name]
    return [step.noun, "create", *words]


def _options(step: Step) -> list[str]:
    words = {
        "url": ["--url", str(step.values.get("url"))],
        "enabled": ["--enable"],
        "password": ["--password-prompt"],
    }
    return [word for name in step.values for word in words[name]]
