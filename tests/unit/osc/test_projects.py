"""Names of projects, from wherever they can be had."""

import types

import pytest

from concertim_api.osc.projects import Projects

ID = "0123456789abcdef0123456789abcdef"


class Manager:
    def __init__(self, login=None, keystone=(), concertim=()):
        self.requests = []
        self.auth_ref = login and types.SimpleNamespace(
            project_id=login[0], project_name=login[1]
        )
        self.sdk_connection = types.SimpleNamespace(
            identity=types.SimpleNamespace(projects=self._projects)
        )
        self.concertim = types.SimpleNamespace(
            resources=types.SimpleNamespace(list=self._resources)
        )
        self._keystone = keystone
        self._concertim = concertim

    def _projects(self):
        self.requests.append("keystone")
        if self._keystone is None:
            raise PermissionError
        return [
            types.SimpleNamespace(id=i, name=name)
            for i, name in self._keystone
        ]

    def _resources(self, kind):
        self.requests.append("concertim")
        if self._concertim is None:
            raise OSError
        return [{"id": i, "name": name} for i, name in self._concertim]


PHYSICS = {"login": ("p1", "physics")}
KEYSTONE = {"keystone": [("p2", "maths")]}
GONE = {"concertim": [("p3", "alchemy"), ("p4", None)]}
NOBODY = {"keystone": None, "concertim": None}


@pytest.mark.parametrize(
    ("sources", "project_id", "name", "requests"),
    [
        # Your own project needs no question.
        (PHYSICS, "p1", "physics", []),
        (
            PHYSICS | {"keystone": [("p2", "maths")]},
            "p2",
            "maths",
            ["keystone"],
        ),
        # Concertim knows those that are no more.
        (PHYSICS | NOBODY | GONE, "p3", "alchemy", ["keystone", "concertim"]),
        (PHYSICS | NOBODY | GONE, "p4", "p4", ["keystone", "concertim"]),
        (GONE, "p3", "alchemy", ["concertim"]),
        # Ids are better than nothing.
        (NOBODY, "p1", "p1", ["concertim"]),
        ({}, None, None, []),
    ],
)
def test_names(sources, project_id, name, requests):
    """Each source is asked once."""
    manager = Manager(**sources)
    projects = Projects(manager)
    assert [projects.name(project_id) for _ in range(2)] == [name] * 2
    assert manager.requests == requests


def test_the_id_of_your_own_project():
    assert Projects(Manager(**PHYSICS)).id_of("physics") == "p1"


def test_an_id_needs_no_question():
    manager = Manager()
    assert Projects(manager).id_of(ID) == ID
    assert manager.requests == []


def test_an_unknown_name_is_taken_for_an_id(caplog):
    assert Projects(Manager()).id_of("demo") == "demo"
    text = (
        "demo names no project, or none that you may see: taking it for an id"
    )
    assert text in caplog.text


def test_a_short_id_that_is_known(caplog):
    projects = Projects(Manager(concertim=[("demo", "Demonstration")]))
    assert projects.id_of("demo") == "demo"
    assert caplog.text == ""


def test_a_name_of_two():
    projects = Projects(Manager(concertim=[("p1", "x"), ("p2", "x")]))
    with pytest.raises(ValueError, match="several projects are named x"):
        projects.id_of("x")


def test_projects_of_one_name_are_told_apart():
    ids = [letter * 32 for letter in "abc"]
    manager = Manager(
        login=(ids[0], "research"), keystone=[(i, "research") for i in ids]
    )
    projects = Projects(manager)
    for _ in range(2):  # as it was shown first, also after the others
        assert [projects.name(id_) for id_ in ids] == [
            "research",
            "research (bbbbbbbb)",
            "research (cccccccc)",
        ]
