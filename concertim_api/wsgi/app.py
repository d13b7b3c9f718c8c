"""The application, of a configuration that the environment names.

Configuration files come from OS_CONCERTIM_CONFIG_FILES (semicolons between,
within OS_CONCERTIM_CONFIG_DIR if that is set), or from where they usually
are. Nothing connects to anything yet: each worker does when it is first
asked.
"""

from __future__ import annotations

import os
import pathlib
from typing import Any

from concertim_api import bootstrap


def setup_app(config: Any = None) -> Any:
    """Return the WSGI application.

    ``pecan serve`` calls it so; its own configuration may name ours, as
    ``concertim = {"config_file": ...}``. The environment counts before it.
    """
    files = _config_files()
    if files is None and config is not None:
        files = [config.concertim.config_file]
    return bootstrap.api(bootstrap.configure(default_config_files=files))


def setup_metrics() -> Any:
    """Return the WSGI application that shows the metrics of the other."""
    conf = bootstrap.configure(default_config_files=_config_files())
    return bootstrap.metrics_page(conf)


def setup_compat() -> Any:
    """Return the WSGI application of the legacy dialect."""
    conf = bootstrap.configure(default_config_files=_config_files())
    return bootstrap.compat(conf)


def _config_files() -> list[str] | None:
    names = os.environ.get("OS_CONCERTIM_CONFIG_FILES", "").split(";")
    folder = pathlib.Path(os.environ.get("OS_CONCERTIM_CONFIG_DIR", ""))
    return [str(folder / name.strip()) for name in names if name] or None
