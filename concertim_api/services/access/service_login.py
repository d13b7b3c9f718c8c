"""Our own login to Keystone, by which tokens of callers are checked."""

from __future__ import annotations

import dataclasses as dc
from datetime import datetime, timedelta

from concertim_api.services.common.ports import Clock

#: A refusal so long ago says nothing any more.
_RECENT = timedelta(minutes=5)


@dc.dataclass(slots=True)
class ServiceLogin:
    """Remembers that Keystone refuses our own login. Threads may share it.

    ``is_used``: callers come with tokens of Keystone. Nobody tells us that we
    are let in again: a token may have been checked long ago. So a refusal is
    forgotten after five minutes without another one.
    """

    clock: Clock
    is_used: bool = True
    _refused_at: datetime | None = None

    def refused_at(self) -> datetime | None:
        """Return when we were last refused; None: not lately."""
        at = self._refused_at
        if at is None or self.clock.now() - at > _RECENT:
            return None
        return at

    def refuse(self) -> bool:
        """Note a refusal; return whether it is the first one lately."""
        is_first = self.refused_at() is None
        self._refused_at = self.clock.now()
        return is_first
