"""Heat in memory: ``services.operator.StackOperator``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


class FakeStacks:
    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud
