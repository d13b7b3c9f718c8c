"""How many modules a command enters."""

from openstackclient import shell

from tests import tracing


def test_modules(openstack, monkeypatch):
    _, *arguments = openstack.line("resource", "list")
    for name, value in openstack.environ.items():
        monkeypatch.setenv(name, value)
    tracing.check("a command", lambda: shell.main(arguments), threads=False)
