"""The devstack plugin, sourced as devstack does, on a pretended devstack."""

from __future__ import annotations

import configparser
import os
import pathlib
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]
PLUGIN = ROOT / "devstack"
PHASES = ("pre-install", "install", "post-config", "extra")
SERVICES = "keystone nova cinder glance neutron heat mysql rabbit"

#: What stack.sh does with a plugin: its settings, then one phase after
#: another, with what it has set in between.
SCRIPT = """
set -o errexit
mkdir -p "$ROOT/data" "$ROOT/etc/apache2/sites-available"
source "$FAKES/functions"
source "$PLUGIN/settings"
for phase in "$@"; do
    record phase $phase
    source "$PLUGIN/plugin.sh" $phase
done
"""


class Devstack:
    """A pretended machine that devstack works on."""

    def __init__(self, folder):
        self.folder = folder
        self.conf = folder / "etc" / "concertim" / "concertim.conf"
        self.site = folder / "etc/apache2/sites-available/concertim-api.conf"
        for service in ("nova", "cinder", "glance", "neutron", "heat"):
            name = "glance-api" if service == "glance" else service
            self.write(f"{service}/{name}.conf", "[DEFAULT]\n")
        self.write("keystone/keystone.conf", "[DEFAULT]\n")
        self.record = folder / "record"

    def write(self, name, text):
        path = self.folder / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def options(self, name):
        """Return a service's file, as a parser of INI files."""
        found = configparser.RawConfigParser(default_section="")
        found.optionxform = str
        assert found.read(self.folder / "etc" / name)
        return found

    def run(self, *phases, check=True, **variables):
        """Source the plugin for these phases; return what happened."""
        variables.setdefault("ENABLED", SERVICES)
        settings = {
            "ROOT": self.folder,
            "PLUGIN": PLUGIN,
            "FAKES": ROOT / "tests" / "fakes" / "devstack",
            "RECORD": self.record,
            "VENV": sys.prefix,
            "CONCERTIM_CONF_DIR": self.conf.parent,
            "PATH": os.environ["PATH"],
            **variables,
        }
        done = subprocess.run(
            ["bash", "-c", SCRIPT, "stack.sh", *phases],
            capture_output=True,
            text=True,
            timeout=120,
            env={name: str(value) for name, value in settings.items()},
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def stack(self, **variables):
        return self.run(*(f"stack {phase}" for phase in PHASES), **variables)

    def calls(self, name=None, phase=None):
        """Return the calls of devstack's functions, in order."""
        found, now = [], None
        for line in self.record.read_text().splitlines():
            words = shlex.split(line)
            if words[0] == "phase":
                now = words[-1]
            elif name in (None, words[0]) and phase in (None, now):
                found.append(words[1:] if name else words)
        return found


@pytest.fixture
def devstack(tmp_path):
    return Devstack(tmp_path)


@pytest.fixture(scope="module")
def stacked(tmp_path_factory):
    """A machine on which stack.sh has run once."""
    made = Devstack(tmp_path_factory.mktemp("devstack"))
    made.stack()
    return made
