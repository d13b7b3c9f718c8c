"""How many modules a command enters."""

from openstackclient import shell

from tests import tracing


def test_modules(openstack, monkeypatch):
    _, *arguments = openstack.line("resource", "list")
    for name, value in openstack.environ.items():
        monkeypatch.setenv(name, value)

    def work():
        return shell.main(arguments)

    tracing.check("a command at a terminal", work, threads=False)
    monkeypatch.delenv("COLUMNS")
    tracing.check("a command", work, threads=False)
