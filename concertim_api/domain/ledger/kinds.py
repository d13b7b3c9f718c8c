"""The kinds of resources, and their usage."""

from __future__ import annotations

import dataclasses as dc
import itertools
from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction

from concertim_api.domain.attributes import Size


@dc.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource.

    ``dictionary``: others refer to it by id, and show its name as their
    type. ``type_of``: the dictionary of the types of this kind. ``used``:
    that such a resource exists is usage.
    """

    name: str
    title: str
    dictionary: bool = False
    type_of: str | None = None
    used: bool = True


KINDS = {
    kind.name: kind
    for kind in (
        Kind("instance", "Server of Nova"),
        Kind("volume", "Volume of Cinder", type_of="volume_type"),
        Kind("snapshot", "Snapshot of a volume"),
        Kind("backup", "Backup of a volume"),
        Kind("volume_type", "Volume type", dictionary=True, used=False),
        Kind("image", "Image of Glance"),
        Kind("network", "Network of Neutron"),
        Kind("port", "Port of a network"),
        Kind("router", "Router between networks"),
        Kind("floating_ip", "Floating IP address"),
        Kind("stack", "Stack of Heat (a cluster)"),
        Kind("flavor", "Flavor of Nova", dictionary=True, used=False),
        Kind("keypair", "Key pair of a user"),
        Kind("server_group", "Server group of Nova"),
        Kind("user", "User of Keystone", used=False),
        Kind("project", "Project of Keystone", used=False),
        Kind("baremetal_node", "Node of Ironic, as enrolled"),
        Kind("baremetal_port", "Port of an Ironic node"),
    )
}


@dc.dataclass(frozen=True, slots=True)
class Usage:
    """The sums of a group of periods within a window.

    ``measured``: count-seconds of each measure.
    """

    seconds: int = 0
    vcpu_seconds: int = 0
    ram_mb_seconds: int = 0
    disk_gb_seconds: int = 0
    measured: tuple[Fraction, ...] = ()

    def plus(
        self, size: Size, seconds: int, counts: Sequence[Fraction] = ()
    ) -> Usage:
        pairs = itertools.zip_longest(
            self.measured, counts, fillvalue=Fraction(0)
        )
        return Usage(
            self.seconds + seconds,
            self.vcpu_seconds + size.vcpus * seconds,
            self.ram_mb_seconds + size.ram_mb * seconds,
            self.disk_gb_seconds + size.disk_gb * seconds,
            tuple(total + count * seconds for total, count in pairs),
        )


def hours(seconds: int, unit: int = 1) -> Decimal:
    """Return seconds as hours, divided by ``unit``.

    Exact to a millionth (half to even).
    """
    quotient = _EXACT.divide(Decimal(seconds), Decimal(3600 * unit))
    return quotient.quantize(_MILLIONTH, context=_EXACT)


#: It has room for the sum of any window.
_EXACT = Context(prec=80)
_MILLIONTH = Decimal("0.000001")
