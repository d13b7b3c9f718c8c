"""[cloud]: which clouds are shown, and how they are asked."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from keystoneauth1 import loading
from oslo_config import cfg

group = cfg.OptGroup("cloud", title="The clouds that are shown")

_which = [
    cfg.StrOpt(
        "driver",
        default="openstack",
        help="What kind of cloud it is: 'openstack', or 'fake', which "
        "repeats a recording and needs no cloud.",
    ),
    cfg.ListOpt(
        "clouds",
        default=[],
        metavar="NAME[:REGION]",
        help="The names of clouds in clouds.yaml. Of a cloud with several "
        "regions all are shown, unless one is named after a colon; give it "
        "again for each of several. If this is set, the credentials of this "
        "section are not used. Without it and without auth_type there is no "
        "cloud, and what is known comes from notifications alone.",
    ),
    cfg.StrOpt(
        "clouds_file",
        help="The path of clouds.yaml, if it is in none of the places where "
        "OpenStack's clients look for it. Only the user that runs concertim "
        "should be able to read it.",
    ),
    cfg.ListOpt(
        "regions",
        default=["RegionOne"],
        help="The regions that are shown, with the credentials of this "
        "section. Give them the names that they have in the catalog and in "
        "[listener]: a resource is known by its region.",
    ),
    cfg.StrOpt(
        "interface",
        default="public",
        choices=["public", "internal", "admin"],
        help="Which endpoints of the catalog are asked, with the credentials "
        "of this section.",
    ),
    cfg.ListOpt(
        "admin_roles",
        default=["admin"],
        help="The roles with which our user sees what all projects have, in "
        "every service. Without one of them no project counts as empty, and "
        "no team is deleted: some services answer who may not look with an "
        "empty list. Name a narrower role here if the policies of your cloud "
        "let it list what all projects have.",
    ),
    cfg.StrOpt(
        "recording",
        help="The file with recorded listings (JSON, perhaps gzipped) that "
        "the driver 'fake' repeats, such as demo/listings.json.gz.",
    ),
]

_how = [
    cfg.FloatOpt(
        "timeout",
        default=60,
        min=0.1,
        help="Seconds that a service has for its whole answer, a page of a "
        "list. A service that takes longer counts as away: its kind is "
        "skipped, and the job says so.",
    ),
    cfg.IntOpt(
        "retries",
        default=3,
        min=0,
        max=20,
        help="How often a request is repeated that got no answer, half of "
        "one, or an error that may pass (429, 500, 502, 503, 504).",
    ),
    cfg.FloatOpt(
        "retry_wait",
        default=0.5,
        min=0,
        help="Seconds before the first repetition. The wait doubles with "
        "each, up to retry_wait_max.",
    ),
    cfg.FloatOpt(
        "retry_wait_max",
        default=10,
        min=0,
        help="The longest of these waits, in seconds, even if the service "
        "asks for a longer one.",
    ),
    cfg.IntOpt(
        "page_size",
        default=1000,
        min=1,
        max=10000,
        help="How many objects are asked for at once. Services give fewer "
        "if their own limit is lower. Smaller pages take less memory and "
        "more requests.",
    ),
    cfg.IntOpt(
        "concurrency",
        default=4,
        min=1,
        max=64,
        help="How many stacks are asked for their resources at the same "
        "time. Each takes a worker of Heat's engine for about a second.",
    ),
    cfg.IntOpt(
        "nested_depth",
        default=20,
        min=0,
        max=1000,
        help="How deep stacks within stacks are looked into. Heat has a "
        "limit of its own, max_nested_stack_depth.",
    ),
]

#: Of keystoneauth's own options: how TLS is done. It is, always.
_TLS = ("cafile", "certfile", "keyfile", "insecure")

_tls = [opt for opt in loading.get_session_conf_options() if opt.name in _TLS]

opts = [*_which, *_how, *_tls]


def _optional(plugin: str) -> Sequence[cfg.Opt]:
    """Return the options of an auth plugin; whoever uses it, needs them."""
    found = copy.deepcopy(loading.get_auth_plugin_conf_options(plugin))
    for opt in found:
        opt.required = False
    return found


#: Most clouds are logged in to with these. Those of other plugins are
#: registered when ``auth_type`` names one.
auth_opts = [
    *loading.get_auth_common_conf_options(),
    *_optional("v3password"),
    *(
        opt
        for opt in _optional("v3applicationcredential")
        if opt.name.startswith("application")
    ),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    # By name: a group that is handed over is shared between all
    # configurations of a process, values that were set included.
    conf.register_opts([*opts, *auth_opts], group=group.name)


def list_opts() -> Sequence[tuple[cfg.OptGroup, Sequence[cfg.Opt]]]:
    return [(group, [*opts, *auth_opts])]
