"""The commands, called as an operator calls them, on a database of their
own."""

from __future__ import annotations

import sys

import pytest

from concertim_api.cmd import manage


@pytest.fixture
def conf(tmp_path):
    path = tmp_path / "concertim.conf"
    path.write_text(f"[DEFAULT]\nstate_path = {tmp_path}\n")
    return path


@pytest.fixture
def run(conf, monkeypatch, capsys):
    """Call concertim-manage; return its exit code, output and complaint."""

    def call(*arguments, main=manage.main, prog="concertim-manage"):
        capsys.readouterr()
        argv = [prog, "--config-file", str(conf), *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", argv)
        try:
            code = main()
        except SystemExit as exc:
            code = exc.code
        said = capsys.readouterr()
        complaint = code if isinstance(code, str) else said.err
        return code or 0, said.out, complaint

    return call
