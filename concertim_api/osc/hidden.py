"""Stacks that run and are no racks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.osc import freshness
from concertim_api.osc.commands import Command

#: The kind of the resources that are shown as racks.
STACK = "stack"

#: More stacks than that are not counted.
MOST = 1000


def stacks(command: Command, values: Mapping[str, Any]) -> str:
    """Return which stacks of a project have no rack, in a sentence; "": none.

    ``values`` may have a project_id and a region. Two requests.
    """
    if problem := freshness.problem(command.client):
        return problem
    rows = command.client.resources.list(
        kind=STACK,
        running=True,
        project_id=values.get("project_id"),
        region=values.get("region"),
        fields="project_id,details",
        limit=MOST,
    )
    project_ids = [row["project_id"] for row in rows if not is_nested(row)]
    if not project_ids:
        return ""
    names = sorted({str(command.projects.name(id_)) for id_ in project_ids})
    count = len(project_ids)
    stacks = "1 stack runs" if count == 1 else f"{count} stacks run"
    return (
        f"{stacks} in projects that [view] projects leaves out: "
        f"{', '.join(names)}."
    )


def is_nested(stack: Mapping[str, Any]) -> bool:
    """Whether a stack is a part of another one: that is no rack."""
    return bool((stack["details"] or {}).get("parent"))
