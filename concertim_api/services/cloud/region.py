"""One region of a cloud: what can be seen in it, and done."""

from __future__ import annotations

from typing import Protocol

from concertim_api.services.cloud.acting import ActingCloud
from concertim_api.services.cloud.logins import LoginCloud
from concertim_api.services.cloud.reading import Cloud


class Region(Cloud, ActingCloud, LoginCloud, Protocol):
    """What a driver of clouds makes."""
