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


def test_your_own_project_needs_no_question():
    manager = Manager(login=("p1", "physics"))
    assert Projects(manager).name("p1") == "physics"
    assert Projects(manager).id_of("physics") == "p1"
    assert manager.requests == []


def test_keystone_knows_the_others_and_is_asked_once():
    manager = Manager(login=("p1", "physics"), keystone=[("p2", "maths")])
    projects = Projects(manager)
    assert projects.name("p2") == "maths"
    assert projects.name("p2") == "maths"
    assert manager.requests == ["keystone"]


def test_concertim_knows_those_that_are_no_more():
    manager = Manager(
        login=("p1", "physics"),
        keystone=None,
        concertim=[("p3", "alchemy"), ("p4", None)],
    )
    projects = Projects(manager)
    assert projects.name("p3") == "alchemy"
    assert projects.name("p4") == "p4"
    assert manager.requests == ["keystone", "concertim"]


def test_without_keystone():
    manager = Manager(concertim=[("p3", "alchemy")])
    assert Projects(manager).name("p3") == "alchemy"
    assert manager.requests == ["concertim"]


def test_ids_are_better_than_nothing():
    manager = Manager(keystone=None, concertim=None)
    projects = Projects(manager)
    assert projects.name("p1") == "p1"
    assert projects.name(None) is None


def test_an_id_needs_no_question():
    manager = Manager()
    assert Projects(manager).id_of(ID) == ID
    assert manager.requests == []


def test_an_unknown_name_is_taken_for_an_id(caplog):
    assert Projects(Manager()).id_of("demo") == "demo"
    assert "no project is known by the name demo" in caplog.text


def test_a_short_id_that_is_known(caplog):
    projects = Projects(Manager(concertim=[("demo", "Demonstration")]))
    assert projects.id_of("demo") == "demo"
    assert caplog.text == ""


def test_a_name_of_two():
    projects = Projects(Manager(concertim=[("p1", "x"), ("p2", "x")]))
    with pytest.raises(ValueError, match="several projects are named x"):
        projects.id_of("x")
