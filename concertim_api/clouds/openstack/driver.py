"""One region of an OpenStack: which service is asked for which kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from keystoneauth1.adapter import Adapter
from keystoneauth1.plugin import BaseAuthPlugin
from openstack.config.cloud_region import CloudRegion
from oslo_config import cfg

from concertim_api.clouds import base
from concertim_api.clouds.openstack import regions
from concertim_api.clouds.openstack.block_storage import (
    BlockStorage,
    StorageOrders,
)
from concertim_api.clouds.openstack.clusters import Clusters
from concertim_api.clouds.openstack.collection import CollectionReader, Part
from concertim_api.clouds.openstack.compute import Compute, ComputeOrders
from concertim_api.clouds.openstack.identity import (
    Identity,
    IdentityOrders,
    directory,
)
from concertim_api.clouds.openstack.images import images
from concertim_api.clouds.openstack.keypairs import KeypairOrders
from concertim_api.clouds.openstack.logins import (
    Answers,
    PasswordLogins,
)
from concertim_api.clouds.openstack.network import NetworkOrders, network
from concertim_api.clouds.openstack.orchestration import Orchestration
from concertim_api.clouds.openstack.quotas import QuotaOrders
from concertim_api.clouds.openstack.remains import RemainsOrders
from concertim_api.clouds.openstack.service import Service
from concertim_api.clouds.openstack.stacks import StackOrders, Stacks
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.http.session import KeystoneSession, Patience
from concertim_api.services.cloud.acting import CloudActions
from concertim_api.services.cloud.logins import IsUnchanged, Logins
from concertim_api.services.cloud.reading import ListingPage, NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.ports import Clock

#: Service type -> the version that its paths begin with.
_VERSIONS = {
    "identity": "v3",
    "compute": "v2.1",
    "block-storage": "v3/{project_id}",
    "network": "v2.0",
    "image": "v2",
    "orchestration": "v1/{project_id}",
    "container-infra": "v1",
    "data-processing": "v1.1/{project_id}",
    "load-balancer": "v2",
    #: The same under the name of its project, which is no official alias.
    "octavia": "v2",
    "shared-file-system": "v2/{project_id}",
}

#: The kinds that templates of Heat make. Their resources may have types of
#: other names.
_TEMPLATE_KINDS = ("instance", "volume", "network")


def clouds(
    conf: cfg.ConfigOpts, clock: Clock, patience: Patience | None = None
) -> list[Region]:
    """Return a cloud for each region of the configuration.

    Makes no request. Raises Invalid, which names the option.
    """
    options = conf.cloud
    patient = patience or Patience(
        options.retries, options.retry_wait, options.retry_wait_max
    )
    return [
        OpenStack(region, conf, clock, patient)
        for region in regions.configured(conf)
    ]


class OpenStack:
    """One region of an OpenStack. Keeps the promises of ``clouds.base``."""

    kinds: Sequence[str] = base.KINDS

    def __init__(
        self,
        region: CloudRegion,
        conf: cfg.ConfigOpts,
        clock: Clock,
        patience: Patience,
    ) -> None:
        options = conf.cloud
        account = regions.account(conf, region)
        self.region: str = region.region_name
        self._login = region
        self._clock = clock

        self._services = {
            service_type: Service(
                _adapter(region, service_type),
                self.region,
                version,
                clock,
                patience,
                account,
            )
            for service_type, version in _VERSIONS.items()
        }
        self._timeout = conf.operations.timeout
        self._admin_roles: Sequence[str] = options.admin_roles
        self._directory = directory(clock)

        def collections(service_type: str) -> CollectionReader:
            return CollectionReader(
                self._services[service_type], options.page_size
            )

        #: Kind by id of what templates make. The last listings tell it.
        self._kind_by_id: dict[str, str] = {}
        clusters = Clusters(
            collections("container-infra"), collections("data-processing")
        )
        stacks = Stacks(
            collections("orchestration"), self._kind_of, options.nested_depth
        )
        self._compute = Compute(collections("compute"), clock)
        self._stacks = Orchestration(stacks, clusters, options.concurrency)
        self._parts = {
            kind: part
            for part in (
                Identity(collections("identity")),
                BlockStorage(collections("block-storage"), clock),
                network(collections("network")),
                images(collections("image")),
                self._compute,
            )
            for kind in part.kinds
        }

    def listing(
        self, kind: str, read: Mapping[str, datetime]
    ) -> Iterator[ListingPage]:
        """See ``services.cloud.reading.Cloud``. Each service says what it
        costs."""
        if kind == "stack":
            return self._stacks.listing(read)
        pages = self._part(kind).listing(kind)
        return self._noted(kind, pages) if kind in _TEMPLATE_KINDS else pages

    def changes(self, since: datetime) -> Iterator[ListingPage]:
        """See ``services.cloud.reading.Cloud``."""
        for page in self._compute.changes(since):
            self._kind_by_id |= _ids("instance", page)
            yield page

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        """See ``services.cloud.reading.Cloud``."""
        if kind == "stack":
            return self._stacks.look(resource_id)
        return self._part(kind).look(kind, resource_id)

    def actions(self, credentials: object = None) -> CloudActions:
        """See ``services.cloud.acting.ActingCloud``. Credentials are an auth
        plugin of keystoneauth."""

        if not isinstance(credentials, BaseAuthPlugin | None):
            raise TypeError("credentials are an auth plugin")

        def service(service_type: str) -> Service:
            reading = self._services[service_type]
            return reading.for_orders(self._timeout, credentials)

        compute, storage = service("compute"), service("block-storage")
        network = service("network")
        return CloudActions(
            IdentityOrders(service("identity"), self._directory),
            ComputeOrders(compute),
            StorageOrders(storage),
            NetworkOrders(network),
            StackOrders(service("orchestration")),
            RemainsOrders(service, self._admin_roles),
            KeypairOrders(compute),
            QuotaOrders(compute, storage, network),
        )

    @property
    def auth_urls(self) -> Sequence[str]:
        """See ``services.cloud.logins.Enterable``."""
        url = getattr(self._login.get_session().auth, "auth_url", None)
        return [url] if url else []

    def logins(
        self, remembered_for: float, is_unchanged: IsUnchanged
    ) -> Logins:
        """See ``services.cloud.logins.Enterable``."""
        keystone = self._login.get_session()
        session = KeystoneSession(
            verify=keystone.verify, cert=keystone.cert, timeout=self._timeout
        )
        answers = Answers(remembered_for)
        return PasswordLogins(session, answers, self._clock, is_unchanged)

    def _kind_of(self, resource_id: str) -> str | None:
        return self._kind_by_id.get(resource_id)

    def _part(self, kind: str) -> Part:
        try:
            return self._parts[kind]
        except KeyError:
            raise NotListed(f"no service is asked for a {kind}") from None

    def _noted(
        self, kind: str, pages: Iterator[ListingPage]
    ) -> Iterator[ListingPage]:
        """Note the ids of what templates make, while they are listed."""
        kinds: dict[str, str] = {}
        for page in pages:
            kinds |= _ids(kind, page)
            yield page
        other_kinds = {k: v for k, v in self._kind_by_id.items() if v != kind}
        self._kind_by_id = other_kinds | kinds


def _ids(kind: str, page: ListingPage) -> dict[str, str]:
    return {sighting.observation.ref.id: kind for sighting in page.sightings}


def _adapter(region: CloudRegion, service_type: str) -> Adapter:
    """Return an adapter for a service, as clouds.yaml says where it is."""
    return Adapter(
        region.get_session(),
        service_type=region.get_service_type(service_type),
        service_name=region.get_service_name(service_type),
        interface=region.get_interface(service_type),
        region_name=region.get_region_name(service_type),
        endpoint_override=region.get_endpoint(service_type),
    )
