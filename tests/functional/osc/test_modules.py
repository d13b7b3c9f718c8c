"""How many modules a command enters."""

import logging

from openstackclient import shell

from tests import tracing


def test_modules(openstack, monkeypatch):
    """The log is that of the API, which this process serves; a command has
    its own."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    _, *arguments = openstack.line("resource", "list")
    for name, value in openstack.environ.items():
        monkeypatch.setenv(name, value)

    def work():
        return shell.main(arguments)

    tracing.check("a command at a terminal", work, threads=False)
    monkeypatch.delenv("COLUMNS")
    tracing.check("a command", work, threads=False)
