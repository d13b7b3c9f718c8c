"""The end of a command that fails."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from oslo_config import cfg

from concertim_api.domain.errors import ConcertimError, in_full

_UNREADABLE = (
    "permission denied; run it as root or as the user of the services"
)


def text(exc: Exception) -> str:
    """Return an error for people, with a reason where oslo.config has none."""
    if isinstance(exc, cfg.ConfigFilesPermissionDeniedError):
        return f"{exc}: {_UNREADABLE}"
    return in_full(exc)


@contextlib.contextmanager
def exit_with_message(prog: str) -> Iterator[None]:
    """Exit with 1 and one line on an error of ours, without a traceback."""
    try:
        yield
    except (ConcertimError, cfg.Error) as exc:
        sys.exit(f"{prog}: {text(exc)}")
    except BrokenPipeError:
        # The reader has closed the pipe, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
