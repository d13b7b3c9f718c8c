"""How a command ends that can't do what it was asked to."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from oslo_config import cfg

from concertim_api.domain.errors import ConcertimError, in_full


@contextlib.contextmanager
def told(prog: str) -> Iterator[None]:
    """Say what is wrong in one line, and exit with 1; no traceback."""
    try:
        yield
    except (ConcertimError, cfg.Error) as exc:
        sys.exit(f"{prog}: {in_full(exc)}")
    except BrokenPipeError:
        # The reader has seen enough, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
