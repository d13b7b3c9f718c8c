"""Who deletes something at a terminal is asked before; a script is not."""

import re
from importlib import metadata

import pytest

from concertim_api.osc import (
    action,
    dead_letter,
    keypair,
    team,
    team_role,
    user,
)

from .conftest import API
from .view import GATEWAY, RACK, SCRATCH, WHOLE

#: The last words of commands that delete something.
DELETIONS = {"delete", "destroy", "purge", "unset"}

DONE = {"id": "o1", "noun": "rack", "state": "done", "region": "one"}

#: Commands, their arguments, what is asked, and the request after a yes.
CASES = [
    (
        action.DestroyRack,
        ["solver"],
        "Delete the rack solver of physics with 1 server, 1 volume, "
        "1 network?",
        "POST /v1/racks/k1/action",
    ),
    (
        action.DestroyDevice,
        ["id-of-scratch"],
        "Delete the volume scratch, AVAILABLE?",
        "POST /v1/devices/id-of-scratch/action",
    ),
    (
        team.DeleteTeam,
        ["physics"],
        "Delete the team physics?",
        "DELETE /v1/teams/p1",
    ),
    (
        team.DeleteTeam,
        ["physics", "--purge"],
        "Delete the team physics with all that is in it, of racks: solver?",
        "DELETE /v1/teams/p1?purge=true",
    ),
    (
        team_role.UnsetTeamRole,
        ["physics", "ada", "member"],
        "Take the role member in the team physics from ada?",
        "DELETE /v1/teams/p1/roles?user_id=u1&role=member",
    ),
    (
        team_role.UnsetTeamRole,
        ["physics", "ada"],
        "Take all roles in the team physics from ada?",
        "DELETE /v1/teams/p1/roles?user_id=u1",
    ),
    (
        user.DeleteUser,
        ["ada"],
        "Delete the user ada, and all of the user's roles?",
        "DELETE /v1/users/u1",
    ),
    (
        keypair.DeleteKeypair,
        ["laptop"],
        "Delete the key pairs laptop?",
        "DELETE /v1/keypairs/laptop",
    ),
    (
        dead_letter.PurgeDeadLetter,
        ["--all"],
        "Purge all that match?",
        "DELETE /v1/dead-letters?all=true",
    ),
]

cases = pytest.mark.parametrize(
    ("command", "arguments", "question", "deletion"), CASES
)


@pytest.fixture
def api(api):
    """The API, with things to delete."""
    for nouns, name, thing in (
        ("racks", "solver", RACK),
        ("teams", "physics", {"id": "p1", "name": "physics"}),
        ("users", "ada", {"id": "u1", "name": "ada"}),
    ):
        api.get(f"{API}/{nouns}/{name}", status_code=404)
        api.get(f"{API}/{nouns}", json={nouns: [thing]})
    api.get(f"{API}/racks/k1", json=WHOLE)
    api.get(f"{API}/devices/id-of-scratch", json=SCRATCH)
    api.post(f"{API}/racks/k1/action", json=DONE)
    api.post(f"{API}/devices/id-of-scratch/action", json=DONE)
    api.delete(re.compile(API), json={**DONE, "purged": 2})
    return api


def changes(api):
    """Return the requests that change something."""
    return [
        f"{request.method} {request.path_url}"
        for request in api.request_history
        if request.method != "GET"
    ]


@cases
def test_a_person_says_yes(app, api, command, arguments, question, deletion):
    app.answers("y\n")
    status, _, aside = app.run(command, *arguments)
    assert status == 0
    assert aside.startswith(f"{question} There is no way back. [y/N]\n")
    assert changes(api) == [deletion]


@cases
@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_a_person_says_no(
    app, api, command, arguments, question, deletion, answer
):
    app.answers(answer)
    with pytest.raises(ValueError, match="nothing was done"):
        app.run(command, *arguments)
    assert changes(api) == []


@cases
@pytest.mark.parametrize("has_terminal", [True, False])
def test_nobody_is_asked(
    app, api, command, arguments, question, deletion, has_terminal
):
    """With --yes; and in a script, which asks for nothing more."""
    words = arguments
    if has_terminal:
        app.answers("")
    if has_terminal or command is dead_letter.PurgeDeadLetter:
        words = [*arguments, "--yes"]
    status, _, aside = app.run(command, *words)
    assert status == 0
    assert "[y/N]" not in aside
    assert changes(api) == [deletion]


def test_the_question_costs_a_request_at_most(app, api):
    """The devices of a rack are read once, and for a question only."""
    app.run(action.DestroyRack, "solver")
    count = api.call_count
    app.answers("y\n")
    app.run(action.DestroyRack, "solver")
    assert api.call_count == 2 * count + 1


def test_an_empty_rack(app, api):
    api.get(f"{API}/racks/k1", json=WHOLE | {"devices": [GATEWAY] * 2})
    app.answers("y\n")
    assert " with 2 servers?" in app.run(action.DestroyRack, "solver")[2]
    api.get(f"{API}/racks/k1", json=WHOLE | {"devices": []})
    app.answers("y\n")
    assert " with nothing in it?" in app.run(action.DestroyRack, "solver")[2]


def test_every_deletion_asks():
    points = metadata.entry_points(group="openstack.concertim.v1")
    commands = {
        point.load()
        for point in points
        if point.name.rpartition("_")[2] in DELETIONS
    }
    assert commands == {case[0] for case in CASES}
