"""The client: a session, and one manager for each noun."""

from __future__ import annotations

from keystoneauth1 import adapter
from keystoneauth1.session import Session

from concertim_api.client.accounts import Accounts
from concertim_api.client.changes import Changes
from concertim_api.client.charges import Charges
from concertim_api.client.corrections import Corrections
from concertim_api.client.costs import Costs
from concertim_api.client.credits import Credits
from concertim_api.client.dead_letters import DeadLetters
from concertim_api.client.devices import Devices
from concertim_api.client.health import Health
from concertim_api.client.http import Http
from concertim_api.client.invoices import Invoices
from concertim_api.client.jobs import Jobs
from concertim_api.client.keypairs import Keypairs
from concertim_api.client.operations import Operations
from concertim_api.client.orders import Orders
from concertim_api.client.periods import Periods
from concertim_api.client.pushes import Pushes
from concertim_api.client.quotas import Limits, Quotas, Statistics
from concertim_api.client.racks import Racks
from concertim_api.client.regions import Regions
from concertim_api.client.resources import Resources
from concertim_api.client.status import StatusManager
from concertim_api.client.tariffs import Tariffs
from concertim_api.client.teams import Teams
from concertim_api.client.templates import Templates
from concertim_api.client.usage import Usage
from concertim_api.client.usage_records import UsageRecords
from concertim_api.client.users import Users


class Client:
    """The concertim API, as the caller of the session may see it.

        session = keystoneauth1.session.Session(auth=...)
        concertim = Client(session)
        for period in concertim.periods.list(kind="instance", running=True):
            print(period["name"], period["start"])

    The endpoint is that of the catalog, of the auth plugin (``none``,
    ``admin_token``), or ``endpoint_override``. Without an answer, a GET is
    repeated up to ``retries`` times; after a 503, each request is. The
    session decides how often a login is repeated.
    """

    def __init__(
        self,
        session: Session,
        *,
        service_type: str = "concertim",
        interface: str | list[str] | None = "public",
        region_name: str | None = None,
        endpoint_override: str | None = None,
        microversion: str | None = "1.0",
        timeout: float = 60.0,
        retries: int = 3,
        page_size: int = 1000,
    ) -> None:
        http = Http(
            adapter.Adapter(
                session,
                service_type=service_type,
                interface=interface,
                region_name=region_name,
                endpoint_override=endpoint_override,
                default_microversion=microversion,
                client_name="concertim-client",
            ),
            timeout=timeout,
            retries=retries,
            page_size=page_size,
        )
        self._http = http
        self.periods = Periods(http)
        self.usage = Usage(http)
        self.resources = Resources(http)
        self.changes = Changes(http)
        self.corrections = Corrections(http)
        self.dead_letters = DeadLetters(http)
        self.regions = Regions(http)
        self.racks = Racks(http)
        self.devices = Devices(http)
        self.templates = Templates(http)
        self.teams = Teams(http)
        self.users = Users(http)
        self.jobs = Jobs(http)
        self.pushes = Pushes(http)
        self.operations = Operations(http)
        self.keypairs = Keypairs(http)
        self.quotas = Quotas(http)
        self.limits = Limits(http)
        self.statistics = Statistics(http)
        self.status = StatusManager(http)
        self.accounts = Accounts(http)
        self.orders = Orders(http)
        self.tariffs = Tariffs(http)
        self.charges = Charges(http)
        self.costs = Costs(http)
        self.invoices = Invoices(http)
        self.credits = Credits(http)
        self.usage_records = UsageRecords(http)
        self.health = Health(http)

    @property
    def project_id(self) -> str | None:
        """The project of the session, or None."""
        return self._http.project_id
