"""Bills for the small cloud: October has its invoices, November is open."""

import dataclasses as dc
import uuid
from datetime import timedelta

from concertim_api.domain.billing.accounts import Account
from concertim_api.services.billing.settlement import Settler
from concertim_api.services.jobs.job import Call
from tests.fakes.clock import Clock
from tests.functional.api import cloud, tariffs

#: Hours from the start of November to some moments of October.
MADE, GONE = -30 * 24, -28 * 24

PHYSICS, BIOLOGY = (str(uuid.UUID(int=n)) for n in (1, 2))


def billed(services, physics="p1", biology="p2"):
    """Let two teams have used something since October, and an agent have
    settled and closed what was due."""
    tariffs.load(services, physics, biology)
    for account, project in ((PHYSICS, physics), (BIOLOGY, biology)):
        ours = Account(account, project, cloud.at(MADE))
        services.store.accounts.add([ours])
        name = f"old-{project}"
        services.recorder.record(
            [
                cloud.server(name, MADE, project_id=project),
                cloud.said(name, GONE, "gone", project_id=project),
            ]
        )
    clock = Clock(cloud.NOW)
    settler = Settler(
        services.store.settlements,
        services.rated_usage,
        clock,
        timedelta(),
    )
    while settler.run(Call(cloud.NOW)).summary["settled"]:
        pass
    dc.replace(services.month_close, clock=clock).run(Call(cloud.NOW))
