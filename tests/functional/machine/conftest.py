"""Sites, as many as a test wants; the seeds and steps of the machine."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import shutil
import tempfile

import pytest

from concertim_api.db import schema
from concertim_api.db.store import SqlStore
from concertim_api.frontend.simulator import App
from tests.fakes.front_end import in_process
from tests.functional.db.conftest import _configuration
from tests.functional.machine.site import Fate, FatedSite

#: A folder in memory, where the system has one.
_MEMORY = pathlib.Path("/dev/shm")


class Database:
    """A database of SQLite for one site after the other.

    Its store stays: our queries have no memory but of how they are spelt.
    """

    def __init__(self, folder, template):
        folder.mkdir()
        self._folder, self._template = folder, template
        self._file = folder / "concertim.sqlite"
        self.store = SqlStore(_configuration(f"sqlite:///{self._file}"))

    def renew(self):
        """Make it a new one."""
        self.store.close()
        for path in self._folder.iterdir():
            path.unlink()
        shutil.copyfile(self._template, self._file)


@pytest.fixture(scope="session")
def new_site():
    """Return what makes a context with a new site of a fate."""
    memory = _MEMORY if _MEMORY.is_dir() else None
    numbers, free = itertools.count(), []
    with tempfile.TemporaryDirectory(dir=memory) as name:
        folder = pathlib.Path(name)
        template = folder / "template.sqlite"
        schema.sync(_configuration(f"sqlite:///{template}"))

        @contextlib.contextmanager
        def make(fate=None, front_end=in_process):
            fate = fate or Fate()
            if not free:
                free.append(Database(folder / f"{next(numbers)}", template))
            database = free.pop()
            database.renew()
            try:
                with front_end(App()) as app, fate.rules():
                    yield FatedSite(database.store, app, fate)
            finally:
                database.store.close()
                free.append(database)

        yield make


def pytest_terminal_summary(terminalreporter):
    """Say what the machine did, and how to do it again."""
    total = 0
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            run = dict(report.user_properties)
            if "steps" in run:
                total += run["steps"]
                terminalreporter.write_line(
                    f"CONCERTIM_TEST_SEED={run['seed']}: "
                    f"{run['steps']} steps {outcome}"
                )
    if total:
        terminalreporter.write_line(f"{total} steps in all")
