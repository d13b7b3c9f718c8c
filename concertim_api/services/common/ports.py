"""What any capability may need of the world, as protocols.

What one capability needs is in its own ``ports``; adapters implement them,
and ``bootstrap`` puts the two together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current time in UTC."""


class Database(Protocol):
    def check(self) -> None:
        """Raise ``Unavailable`` with a reason unless the database can be
        used. 2 statements."""
