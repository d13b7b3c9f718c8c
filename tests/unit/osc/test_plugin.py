"""The plugin itself, and that nothing of it is forgotten."""

import argparse
import importlib
import operator
import pkgutil
import subprocess
import sys
from importlib import metadata

import pytest

from concertim_api import osc
from concertim_api.osc import plugin
from concertim_api.osc.action import ActionCommand
from concertim_api.osc.commands import Command


def commands():
    """Return all commands that the modules of the plugin define."""
    classes = set()
    for module in pkgutil.iter_modules(osc.__path__):
        contents = importlib.import_module(f"concertim_api.osc.{module.name}")
        classes |= {
            value
            for value in vars(contents).values()
            if isinstance(value, type) and issubclass(value, Command)
        }
    return {command for command in classes if not command.__subclasses__()}


def test_every_command_can_be_called():
    points = metadata.entry_points(group="openstack.concertim.v1")
    assert {point.load() for point in points} == commands()
    assert len(points) == len(commands())
    assert all(f"{p.name}_".startswith("concertim_") for p in points)


@pytest.mark.parametrize(
    "command", sorted(ActionCommand.__subclasses__(), key=str)
)
def test_actions_do_what_their_commands_are_called(command):
    points = metadata.entry_points(group="openstack.concertim.v1")
    names = {point.load(): point.name for point in points}
    for action in command.__subclasses__():
        noun = action.nouns.removesuffix("s")
        assert names[action] == f"concertim_{noun}_{action.action}"


@pytest.mark.parametrize("command", sorted(commands(), key=str))
def test_every_command_says_what_it_does(command, app):
    parser = command(app, None).get_parser("test")
    assert parser.description.strip().endswith(".")
    assert all(action.help for action in parser._actions)


@pytest.mark.parametrize("command", sorted(commands(), key=str))
def test_every_request_is_one_of_the_client(command, app):
    request = getattr(command, "request", None)
    if request is None:
        assert command.take_action is not Command.take_action
    else:
        client = app.client_manager.concertim
        assert callable(operator.attrgetter(request)(client))


def test_start_costs_next_to_nothing():
    code = (
        "import __future__, argparse, os, re, sys, typing\n"
        "before = set(sys.modules)\n"
        "import concertim_api.osc.plugin\n"
        "print(*(set(sys.modules) - before))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(process.stdout.split()) <= {
        "concertim_api",
        "concertim_api.osc",
        "concertim_api.osc.plugin",
    }


@pytest.mark.parametrize("version", ["1", "1.0", "1.17"])
def test_versions(version):
    assert plugin.check_api_version(version)


@pytest.mark.parametrize("version", ["", "2", "1.", "latest", "1.0.0"])
def test_other_versions(version):
    with pytest.raises(ValueError, match="only 1 and 1"):
        plugin.check_api_version(version)


def test_the_version_is_an_option(monkeypatch):
    monkeypatch.setenv("OS_CONCERTIM_API_VERSION", "1.2")
    parser = plugin.build_option_parser(argparse.ArgumentParser())
    assert parser.parse_args([]).os_concertim_api_version == "1.2"
    argument = "--os-concertim-api-version=1.3"
    assert parser.parse_args([argument]).os_concertim_api_version == "1.3"
