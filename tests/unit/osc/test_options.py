"""What the words of a command ask the API for, and which are refused."""

import inspect
import operator
import types

import pytest
from keystoneauth1.session import Session

from concertim_api.client import Client, errors
from concertim_api.client.http import body
from concertim_api.osc import (
    action,
    change,
    correction,
    dead_letter,
    device,
    keypair,
    operation,
    options,
    period,
    push,
    rack,
    resource,
    sync,
    team,
    team_role,
    template,
    usage,
    user,
)

from .conftest import App

DAY = {"at": "2026-11-20T00:00:00Z"}
PAGE = {"limit": 5, "sort": "name:desc", "marker": "m0"}
PAGED = "--limit 5 --sort name:desc --marker m0"


class Things:
    """Things that have names; what begins with "unseen" is not among them."""

    def find(self, name_or_id, **place):
        if name_or_id.startswith("unseen"):
            raise errors.NotFound(404, {}, None)
        return {"id": f"id-of-{name_or_id}", "kind": "volume", "region": "two"}

    def list(self, **filters):
        return [{"id": "p1", "name": "physics"}]


@pytest.fixture
def app():
    """An app without an API; names mean something, and there is a login."""
    nouns = ("periods", "racks", "devices", "teams", "users", "resources")
    client = types.SimpleNamespace(**dict.fromkeys(nouns, Things()))
    client.project_id = "of-login"
    return App(client)


@pytest.mark.parametrize(
    ("command", "words", "values"),
    [
        (
            period.ListPeriod,
            "--project physics --during 2026-11 --clip --kind instance,volume "
            f"--state neq:stopped --ended --resource r1 {PAGED}",
            {
                "project_id": "p1",
                "start": "2026-11-01T00:00:00Z",
                "end": "2026-12-01T00:00:00Z",
                "clip": True,
                "kind": "in:instance,volume",
                "state": "neq:stopped",
                "running": False,
                "resource_id": "r1",
                **PAGE,
            },
        ),
        (period.ListPeriod, "", {"project_id": "of-login"}),
        (period.ListPeriod, "--all-projects", {}),
        (
            resource.ListResource,
            "--all-projects --running --name a,b --at 2026-11-20",
            {"running": True, "name": "a,b", **DAY},
        ),
        (
            resource.ShowResource,
            "web --kind instance --region one",
            {"name_or_id": "web", "kind": "instance", "region": "one"},
        ),
        (
            resource.ListObservation,
            "web --limit 2",
            {
                "resource_id": "id-of-web",
                "kind": "volume",
                "region": "two",
                "limit": 2,
            },
        ),
        (
            usage.ShowUsage,
            "--all-projects --start 2026-11-20 --end 2026-11-21 --type a",
            {
                "start": "2026-11-20T00:00:00Z",
                "end": "2026-11-21T00:00:00Z",
                "type": "a",
                "measures": [],
            },
        ),
        (
            usage.ShowUsage,
            "--all-projects --measure a=extra_spec:b --measure c=extra_spec:d",
            {"measures": ["a=extra_spec:b", "c=extra_spec:d"]},
        ),
        (
            change.ListChange,
            "--all-projects --since 7 --limit 3 --kind a,b --resource r1",
            {"since": 7, "limit": 3, "kind": "a,b", "resource_id": "r1"},
        ),
        (
            correction.ListCorrection,
            "--project physics --author u1 --kind a --limit 5",
            {"project_id": "p1", "author": "u1", "kind": "a", "limit": 5},
        ),
        (
            dead_letter.PurgeDeadLetter,
            "--event-type x.y --before 2026-11-20 --region= --yes",
            {"event_type": "x.y", "before": DAY["at"]},
        ),
        (
            rack.ListRack,
            "--project physics --status FAILED,ACTIVE --region one "
            f"--name like:s* --at 2026-11-20 {PAGED}",
            {
                "project_id": "p1",
                "status": "in:FAILED,ACTIVE",
                "region": "one",
                "name": "like:s*",
                **DAY,
                **PAGE,
            },
        ),
        (
            rack.ShowRack,
            "solver --region one --at 2026-11-20 --devices",
            {"name_or_id": "solver", "region": "one", **DAY},
        ),
        (
            device.ListDevice,
            "--rack solver --status FAILED --type Volume --at 2026-11-20",
            {
                "rack_id": "id-of-solver",
                "status": "FAILED",
                "type": "Volume",
                **DAY,
            },
        ),
        (
            device.ListDevice,
            "--rack solver --project physics",
            {"rack_id": "id-of-solver", "project_id": "p1"},
        ),
        (
            device.ListDevice,
            "--name a",
            {"project_id": "of-login", "name": "a"},
        ),
        (
            device.ShowDevice,
            "gateway --rack solver --at 2026-11-20",
            {"name_or_id": "gateway", "rack_id": "id-of-solver", **DAY},
        ),
        (template.ListTemplate, PAGED, PAGE),
        (team.ListTeam, "--name a,b", {"name": "in:a,b"}),
        (
            user.ListUser,
            "--region one --name a",
            {"region": "one", "name": "a"},
        ),
        (
            user.SetUser,
            "ada --email a@x.test --disable",
            {"thing_id": "id-of-ada", "email": "a@x.test", "enabled": False},
        ),
        (
            user.SetUser,
            "unseen --enable",
            {"thing_id": "unseen", "enabled": True},
        ),
        (
            team_role.SetTeamRole,
            "physics unseen admin --region one",
            {
                "team_id": "id-of-physics",
                "user_id": "unseen",
                "role": "admin",
                "region": "one",
            },
        ),
        (
            push.ListPush,
            "--state kept --noun rack,device --region one --name solver "
            "--resource k1 --limit 2 --marker m0",
            {
                "state": "kept",
                "noun": "in:rack,device",
                "region": "one",
                "name": "solver",
                "resource_id": "k1",
                "limit": 2,
                "marker": "m0",
            },
        ),
        (push.ListPush, "--failing", {"state": "in:failing,refused"}),
        (
            push.RunPush,
            "--accept-deletes --retry --survey",
            {"accept_deletes": True, "retry": True, "survey": True},
        ),
        (
            sync.RunSync,
            "--region one --accept-deletes --kind volume,port --kind stack",
            {"accept_deletes": True, "kinds": ["volume", "port", "stack"]},
        ),
        (
            operation.ListOperation,
            "--state failed --noun rack,volume --action destroy --region one "
            "--resource k1 --user u1 --since 2026-11-20 --all-projects",
            {
                "state": "failed",
                "noun": "in:rack,volume",
                "action": "destroy",
                "region": "one",
                "resource_id": "k1",
                "user_id": "u1",
                "asked_at": "gte:2026-11-20T00:00:00Z",
            },
        ),
        (
            operation.ListOperation,
            "--failing --all-projects",
            {"state": "in:failed,unsure"},
        ),
        (action.RebootDevice, "login --hard", {"hard": True}),
        (action.DestroyDevice, "login --force", {"force": True}),
        (action.DetachDevice, "disk", {}),
        (action.DetachDevice, "disk --server unseen", {"server_id": "unseen"}),
        (
            keypair.CreateKeypair,
            "laptop --type x509 --public-key f --region one",
            {"name": "laptop", "type": "x509", "region": "one"},
        ),
    ],
)
def test_what_is_asked(app, command, words, values):
    instance = command(app, None)
    args = instance.get_parser("test").parse_args(words.split())
    arguments = instance.values(args)
    assert body(**arguments) == values
    if hasattr(command, "request"):
        method = operator.attrgetter(command.request)(Client(Session()))
        inspect.signature(method).bind(**arguments)


def test_a_device_of_a_rack(app):
    instance = action.StopDevice(app, None)
    words = ["login", "--rack", "solver", "--region", "one"]
    args = instance.get_parser("test").parse_args(words)
    place = options.values_of(instance.place, instance, args)
    assert place == {
        "name_or_id": "login",
        "region": "one",
        "rack_id": "id-of-solver",
    }


SHAPE = "r1 --action add --start 2026-11-20 --reason x --shape"


@pytest.mark.parametrize(
    ("command", "words", "says"),
    [
        (period.ListPeriod, "--limit 0", "--limit"),
        (period.ListPeriod, "--limit many", "--limit"),
        (period.ListPeriod, "--project p1 --all-projects", "not allowed with"),
        (operation.ListOperation, "--failing --state a", "not allowed with"),
        (operation.ListOperation, "--since soon", "'soon' is not a time"),
        (action.ExtendDevice, "disk", "--size"),
        (action.ExtendDevice, "disk --size 0", "'0' is not a count"),
        (action.ExtendDevice, "disk --size=-1", "'-1' is not a count"),
        (action.ExtendDevice, "disk --size 1.5", "'1.5' is not a count"),
        (sync.RunSync, "--timeout=0", "'0' is not a time to wait"),
        (sync.RunSync, "--timeout=-1", "'-1' is not a time to wait"),
        (sync.RunSync, "--timeout=soon", "'soon' is not a time to wait"),
        (sync.RunSync, "--timeout=inf", "'inf' is not a time to wait"),
        (sync.RunSync, "--timeout=nan", "'nan' is not a time to wait"),
        (usage.ShowUsage, "--by project,colour", "'colour' is not one of"),
        (
            keypair.CreateKeypair,
            "laptop --public-key a --private-key b",
            "not allowed with",
        ),
        (correction.CreateCorrection, f"{SHAPE} state", "<name>=<value>"),
        (correction.CreateCorrection, f"{SHAPE} =3", "<name>=<value>"),
        (user.SetUser, "ada --enable --disable", "not allowed with"),
    ],
)
def test_words_that_make_no_sense(app, capsys, command, words, says):
    parser = command(app, None).get_parser("test")
    with pytest.raises(SystemExit) as raised:
        parser.parse_args(words.split())
    assert raised.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "words", "says"),
    [
        (period.ListPeriod, "--during 7d --start today", "already says start"),
        (period.ListPeriod, "--during now", "a moment has no duration"),
        (push.RetryPush, "7 --all", "not both"),
        (push.RunPush, "--timeout 3", "nothing to --wait for"),
        (sync.RunSync, "--timeout 3", "nothing to --wait for"),
        (action.StopDevice, "login --timeout 3", "nothing to --wait for"),
        (device.ListDevice, "--at 2026-11-20", "say of which --rack"),
        (dead_letter.ReplayDeadLetter, "", "say which"),
        (dead_letter.ReplayDeadLetter, "7 --all", "not both"),
        (dead_letter.PurgeDeadLetter, "", "say which"),
        (dead_letter.PurgeDeadLetter, "7 --before today", "not both"),
        (dead_letter.PurgeDeadLetter, "--all", "nobody to ask: say --yes"),
    ],
)
def test_words_that_contradict(app, command, words, says):
    """They are refused before anything is asked."""
    with pytest.raises(ValueError, match=says):
        app.run(command, *words.split())
