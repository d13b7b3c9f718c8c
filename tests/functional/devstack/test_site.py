"""The site that the plugin writes for Apache."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.programs import needed

#: Of Debian; each of a file of its own.
MODULES = ["mpm_event", "authz_core", "setenvif", "headers", "wsgi"]
PLACE = "/usr/lib/apache2/modules"


@pytest.fixture(scope="module")
def site(stacked):
    return stacked.site.read_text()


def test_nothing_is_left_to_fill_in(site):
    assert not re.search(r"%[A-Z_]+%", site)
    assert "Define CONCERTIM_PROCESSES 2\n" in site
    assert "Define CONCERTIM_THREADS 8\n" in site
    assert f"Define CONCERTIM_VENV {sys.prefix}\n" in site


def test_without_a_common_environment_it_is_the_systems_python(devstack):
    devstack.run("stack post-config", GLOBAL_VENV="False")
    assert "Define CONCERTIM_VENV /usr\n" in devstack.site.read_text()


def test_apache_takes_it(site, tmp_path):
    program = needed("apache2")
    fitted = site.replace("/var/log/apache2", str(tmp_path))
    # Who runs the tests may be root, whom mod_wsgi refuses.
    fitted = fitted.replace("_USER root\n", "_USER www-data\n")
    (tmp_path / "site.conf").write_text(fitted)
    (tmp_path / "apache2.conf").write_text(
        "".join(
            f"LoadModule {name}_module {PLACE}/mod_{name}.so\n"
            for name in MODULES
        )
        + f"ServerName localhost\nPidFile {tmp_path}/pid\n"
        f"ErrorLog {tmp_path}/error.log\nMutex file:{tmp_path}\n"
        f"Include {tmp_path}/site.conf\n"
    )
    told = subprocess.run(
        [program, "-t", "-DDUMP_VHOSTS", "-f", tmp_path / "apache2.conf"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    assert re.search(r"^\*:8990 ", told.stdout, re.MULTILINE), told.stdout
