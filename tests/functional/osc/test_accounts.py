"""The openstack command, users and teams, and an agent that purges."""

import contextlib
import os
import pty
import subprocess
from datetime import timedelta

import pytest

from concertim_api import bootstrap
from concertim_api.clouds.simulator import Site
from concertim_api.services.accounts.purges import Purger
from tests.fakes.cloud import in_process
from tests.functional import built
from tests.waiting import wait_for_exit

from . import cluster
from .conftest import OpenStack, served

SECRET = "Tr0ub4dor-and-3"


class World:
    """A cloud, and the services that act in it."""

    def __init__(self, folder):
        self.site = Site()
        clock = bootstrap.SystemClock()
        _, self.cloud = in_process(self.site, clock, "here")
        conf = built.configured(
            folder, "[api]\nauth_strategy = noauth\n[view]\nprojects = all\n"
        )
        clouds = {"here": self.cloud}
        self.services = built.services(conf, clock, clouds)
        self.application = bootstrap.api(conf, self.services)
        self.purger = Purger(
            self.services.store.ledger,
            self.services.store.operations,
            self.services.recorder,
            clouds,
            clock,
            timedelta(seconds=3),
        )

    def learn(self, *kinds):
        built.learn(self.services, self.cloud, *kinds)

    def work(self):
        """Do what an agent does."""
        self.purger.run()
        built.settle(
            self.services.store, self.services.clock, self.services.rules
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("world"))
    with cluster.repeated(world.work):
        yield world
    world.services.store.close()


@pytest.fixture(scope="module")
def openstack(world, home):
    with served(world.application) as url:
        login = ("--os-auth-type", "none", "--os-endpoint", url)
        yield OpenStack(home, *login)


@pytest.fixture(scope="module")
def ada(openstack):
    """A user; her password came from the environment."""
    words = ("user", "create", "ada", "--email", "ada@example.org")
    answer = openstack(
        *words, "--password-env", "HERS", "-f", "json", HERS=SECRET
    )
    return answer.json["id"]


@pytest.fixture(scope="module")
def team(openstack, ada):
    row = openstack.json(
        *("team", "create", "physics", "--role", f"{ada}=admin"),
    )
    assert row["roles"] == {ada: ["manager"]}
    return row["id"]


def test_a_user_is_created_once(openstack, ada, world):
    again = openstack.json("user", "create", "ada")
    assert again["id"] == ada
    assert again["email"] == "ada@example.org"
    assert world.site.users[ada]["description"] == "Concertim Managed User"


def test_a_user_is_changed_by_id(openstack, ada, world):
    user = openstack.json(
        *("user", "set", ada, "--email", "new@example.org", "--disable")
    )
    assert (user["email"], user["enabled"]) == ("new@example.org", False)
    user = openstack.json("user", "set", ada, "--enable")
    assert user["enabled"] is True


def test_a_password_from_the_standard_input(openstack, ada):
    line = openstack.line("user", "set", ada, "--password-file", "-")
    process = subprocess.run(
        line,
        input=f"{SECRET}\n",
        capture_output=True,
        text=True,
        env=openstack.environ,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    assert SECRET not in process.stdout + process.stderr
    assert SECRET not in " ".join(map(str, line))


def test_what_debug_shows_of_a_password(openstack):
    login = openstack.line("user", "create", "debug", "--password-env", "P")
    at = login.index("concertim")
    process = subprocess.run(
        [*login[:at], "--debug", *login[at:]],
        capture_output=True,
        text=True,
        env={**openstack.environ, "P": SECRET},
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    assert "debug" in process.stdout
    assert "START with options" in process.stderr
    assert SECRET not in process.stdout + process.stderr


def test_a_password_that_is_asked_for(openstack):
    ours, theirs = pty.openpty()
    line = openstack.line("user", "create", "bob", "--password-prompt")
    process = subprocess.Popen(
        line,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=openstack.environ,
        start_new_session=True,
    )
    os.close(theirs)
    output, answers = b"", 0
    with contextlib.suppress(OSError):  # how a terminal ends
        while more := os.read(ours, 4096):
            output += more
            questions = output.count(b"Password of bob:") + output.count(
                b"Once more:"
            )
            if questions > answers:
                answers += 1
                os.write(ours, f"{SECRET}\n".encode())
    os.close(ours)
    assert wait_for_exit(process) == 0, output
    assert answers == 2
    assert SECRET.encode() not in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("user", "set", "nobody", "--enable"), "User nobody not found"),
        (("user", "delete", "nobody"), "User nobody not found"),
        (("user", "create", "x", "--password-prompt"), "nobody can be asked"),
        (("user", "create", "x", "--password-env", "NO"), "NO is empty"),
        (("user", "create", "x", "--password-file", "/no"), "No such file"),
        (("user", "create", "x", "--password-file", "-"), "empty"),
        (("team", "delete", "nothing"), "Team nothing not found"),
        (("team", "delete", "nothing", "--wait"), "only a --purge"),
        (("team", "create", "x", "--role", "a=owner"), "roles: not one of"),
        (("team", "role", "list", "nothing"), "Team nothing not found"),
        (("team", "role", "set", "nothing", "a", "member"), "not found"),
    ],
)
def test_errors(openstack, arguments, message):
    answer = openstack(*arguments)
    assert answer.status == 1
    assert message in answer.err


def test_a_malformed_role(openstack):
    answer = openstack("team", "create", "x", "--role", "ada")
    assert answer.status == 2
    assert "<user>=<role>" in answer.err


def test_roles_in_a_team(openstack, team, ada):
    (role,) = openstack.json("team", "role", "list", team)
    assert (role["user"], role["role"]) == ("ada", "admin")
    row = openstack.json("team", "role", "set", team, ada, "member")
    assert (row["role"], row["roles"]) == ("member", ["member"])
    assert openstack("team", "role", "unset", team, ada).status == 0
    assert openstack.json("team", "role", "list", team) == []


def test_names_will_do(openstack, team, ada, world):
    row = openstack.json("team", "role", "set", "physics", "ada", "admin")
    assert row["user_id"] == ada
    answer = openstack("team", "role", "unset", "physics", "ada", "owner")
    assert "role: not one of" in answer.err
    answer = openstack("team", "role", "unset", "physics", "ada", "admin")
    assert answer.status == 0


def test_a_team_in_which_something_runs(openstack, team, world):
    project = world.site.projects[team]
    world.site.add_volume(project, "data")
    network = world.site.add_network(project, "lan")
    world.site.add_port(network)
    world.learn("volume", "network", "port")
    answer = openstack("team", "delete", "physics")
    assert answer.status == 1
    assert "still has volumes (data), networks (lan), ports (" in answer.err
    assert team in world.site.projects
    answer = openstack(
        *("team", "delete", "physics", "--purge", "--wait"),
        *("--timeout", "60"),
    )
    assert answer.status == 0, answer.err
    assert "accepted" in answer.err
    assert answer.err.strip().endswith("done")
    assert team not in world.site.projects
    assert not world.site.volumes
    assert not world.site.networks


def test_a_purge_that_fails(openstack, world):
    team = openstack.json("team", "create", "stuck")["id"]
    volume = world.site.add_volume(world.site.projects[team], "data")
    volume["status"] = "migrating"
    world.learn("volume")
    answer = openstack("team", "delete", team, "--purge", "--wait")
    assert answer.status == 1
    assert "the purge is failed: left: 1 volume" in answer.err
    operation = openstack("team", "delete", team, "--purge")
    assert operation.status == 0


def test_an_empty_team_and_its_users_go(openstack, world):
    team = openstack.json("team", "create", "empty")["id"]
    assert openstack("team", "delete", team).status == 0
    assert openstack("team", "delete", team).status == 0
    user = openstack.json("user", "create", "eve")["id"]
    assert openstack("user", "delete", user).status == 0
    assert user not in world.site.users
