"""concertim-manage keystone: the sections that it prints."""

from __future__ import annotations

import pytest

from concertim_api.clouds.simulator import Simulator


@pytest.fixture
def simulator(tmp_path, monkeypatch):
    """A cloud that a file of an administrator leads to."""
    with Simulator(region="north") as running:
        path = running.clouds_yaml(tmp_path / "clouds.yaml", "admin")
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", path)
        yield running


def test_the_section_of_the_cloud_leads_to_it(simulator, run, conf, tmp_path):
    password = tmp_path / "password"
    password.write_text(simulator.password)
    words = (
        *("keystone", "cloud", "--os-cloud", "admin", "--user", "admin"),
        *("--project", "admin", "--with-password"),
        *("--password-file", password),
    )
    code, section, _ = run(*words)
    assert code == 0
    assert section.startswith("[cloud]\n")
    with conf.open("a") as file:
        file.write(section)
    run("db", "sync")
    code, output, complaint = run("sync", "--dry-run")
    assert (code, complaint) == (0, "")
    assert "north" in output
