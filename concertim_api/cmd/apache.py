"""Old names of WSGI applications in Apache, for ``concertim-status``."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping

from oslo_upgradecheck.upgradecheck import Code, Result

#: Where Debian's Apache has its configuration.
APACHE = pathlib.Path("/etc/apache2")

#: The old name of a module, or of the file that imports it -> the new one.
RENAMED: Mapping[str, str] = {
    "concertim_api.wsgi.compat": "concertim_api.wsgi.concertim",
    "concertim_api.wsgi.metrics": "concertim_api.wsgi.instrumentation",
    "concertim-compat.wsgi": "concertim-dialect.wsgi",
    "concertim-metrics.wsgi": "concertim-instrumentation.wsgi",
}


def check(folder: pathlib.Path | None = None) -> Result:
    """Return a warning of each enabled file that has an old name.

    The result says which files were read. Other servers are not looked at.
    """
    folder = folder or APACHE
    paths = sorted(folder.glob("*-enabled/*.conf"))
    warnings = [warning for path in paths for warning in _warnings(path)]
    if warnings:
        return Result(Code.WARNING, "; ".join(warnings))
    return Result(
        Code.SUCCESS, f"read {len(paths)} files of {folder}/*-enabled/*.conf"
    )


def _warnings(path: pathlib.Path) -> Iterator[str]:
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError as exc:
        yield f"{path} can't be read: {exc.strerror}"
        return
    text = "\n".join(line for line in lines if line.lstrip()[:1] != "#")
    for old, new in RENAMED.items():
        if old in text:
            yield f"{path}: {old} is called {new} now"
