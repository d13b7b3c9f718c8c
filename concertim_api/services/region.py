"""One region of a cloud: what can be seen in it, and done."""

from __future__ import annotations

from typing import Protocol

from concertim_api.services.cloud import Cloud
from concertim_api.services.logins import Enterable
from concertim_api.services.operator import Operable


class Region(Cloud, Operable, Enterable, Protocol):
    """What a driver of clouds makes."""
