"""``application``, for mod_wsgi, uWSGI and their like.

Configuration files come from OS_CONCERTIM_CONFIG_FILES (semicolons between,
within OS_CONCERTIM_CONFIG_DIR if that is set), or from where they usually
are. Nothing connects to anything yet: each worker does when it is first
asked.
"""

import os
import pathlib

from concertim_api import bootstrap


def _config_files() -> list[str] | None:
    names = os.environ.get("OS_CONCERTIM_CONFIG_FILES", "").split(";")
    folder = pathlib.Path(os.environ.get("OS_CONCERTIM_CONFIG_DIR", ""))
    return [str(folder / name.strip()) for name in names if name] or None


application = bootstrap.api(
    bootstrap.configure(default_config_files=_config_files())
)
