"""[view]: which projects are shown, and how large things are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from oslo_config import cfg

group = cfg.OptGroup("view", title="The view: racks and devices")

opts = [
    cfg.ListOpt(
        "projects",
        default=["prefix:CM_"],
        help="Which projects are shown, as teams with their racks: those "
        "that at least one of these rules fits. 'all'; 'prefix:<text>': the "
        "name begins so; 'tag:hpc': the project has the tag; 'domain:<id>': "
        "it is in the domain; 'id:<id>': it is this one. What the others "
        "use is recorded all the same.",
    ),
    cfg.IntOpt(
        "rack_height_u",
        default=42,
        min=1,
        max=1000,
        help="The height of a rack that is not full, in rack units.",
    ),
    cfg.IntOpt(
        "rack_max_height_u",
        default=72,
        min=1,
        max=1000,
        help="How high a rack grows when there is no slot for a device. "
        "Devices that do not fit even then are listed without a slot, and "
        "the rack says so.",
    ),
    cfg.IntOpt(
        "vcpus_per_u",
        default=2,
        min=1,
        help="A server takes one rack unit, and one more for each so many "
        "virtual processors of its flavor.",
    ),
    cfg.IntOpt(
        "template_max_height_u",
        default=4,
        min=1,
        max=1000,
        help="The most rack units that one server takes.",
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    # By name: a group that is handed over is shared between all
    # configurations of a process, values that were set included.
    conf.register_opts(opts, group=group.name)


def list_opts() -> Sequence[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    return [(group, opts)]
