"""The applications, by the configuration that the environment names.

Nothing connects yet: each worker does so at its first
request.
"""

from __future__ import annotations

import logging
from typing import Any

from concertim_api import bootstrap

LOG = logging.getLogger(__name__)


def setup_app(config: Any = None) -> Any:
    """Return the WSGI application.

    ``pecan serve`` hands in its own configuration, which may name ours:
    ``concertim = {"config_file": ...}``. The environment comes first.
    """
    files = bootstrap.files()
    if files is None and config is not None:
        files = [config.concertim.config_file]
    api = bootstrap.api(bootstrap.configure(default_config_files=files))
    bootstrap.spare_collector()
    return api


def setup_instrumentation() -> Any:
    """Return the WSGI application that shows the metrics of the API."""
    conf = bootstrap.configure()
    return bootstrap.metrics_page(conf)


def setup_concertim() -> Any:
    """Return the WSGI application of the legacy dialect."""
    conf = bootstrap.configure()
    return bootstrap.concertim_dialect(conf)


def setup_almanach() -> Any:
    """Return the WSGI application of Almanach's dialect."""
    conf = bootstrap.configure()
    return bootstrap.almanach_dialect(conf)


def warn_of_old_name(old: str, new: str) -> None:
    """Log that a server imports an application by its old name."""
    LOG.warning("%s is called %s now; give your server that name", old, new)
