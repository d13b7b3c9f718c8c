"""[view]: the projects that are shown, and the size of racks."""

from __future__ import annotations

from oslo_config import cfg

group = cfg.OptGroup("view", title="The view: racks and devices")

opts = [
    cfg.ListOpt(
        "projects",
        default=["all"],
        help="The projects that are shown, as teams with their racks: those "
        "that match one of these rules. 'all'; 'prefix:<text>': the name "
        "begins so; 'tag:hpc': the project has the tag; 'domain:<id>': the "
        "project is in the domain; 'id:<id>': this project. The usage of "
        "other projects is recorded all the same.",
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
        help="The height to which a rack grows when a device has no slot. "
        "Devices that do not fit even then are listed without a slot, and "
        "the rack says so.",
    ),
    cfg.IntOpt(
        "vcpus_per_u",
        default=2,
        min=1,
        help="A server takes one rack unit, and one more for each such "
        "number of virtual processors of its flavor.",
    ),
    cfg.IntOpt(
        "template_max_height_u",
        default=4,
        min=1,
        max=1000,
        help="Rack units that one server takes at most.",
    ),
]
