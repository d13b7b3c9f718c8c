"""The status of the service: what works, and what does not."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import Manager


class Part(TypedDict):
    """A part of the service, and its state in a sentence."""

    name: str
    region: str | None
    state: str
    text: str
    since: str | None


class Status(TypedDict):
    """All parts; ``state`` is ok, trouble, or unknown: of the other parts
    nothing is known."""

    at: str
    state: str
    parts: list[Part]


class StatusManager(Manager):
    """The status of the service."""

    nouns = "status"

    def get(self) -> Status:
        """Return the status; one request, which is not repeated.

        It needs microversion 1.2, whatever the client's is.
        """
        status: Status = self._http.request(
            "GET", self._path(), microversion="1.2", retries=0
        )
        return status
