"""[cloud]: the clouds, and how requests are sent to them."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from keystoneauth1 import exceptions, loading
from oslo_config import cfg

group = cfg.OptGroup("cloud", title="The clouds that are shown")

_driver = [
    cfg.StrOpt(
        "driver",
        default="openstack",
        help="The kind of the cloud: 'openstack'.",
    ),
    cfg.ListOpt(
        "clouds",
        default=[],
        metavar="NAME[:REGION]",
        help="The names of clouds in clouds.yaml. All regions of a cloud are "
        "shown, unless one is named after a colon; repeat the cloud for "
        "several regions. If this is set, the credentials of this section "
        "are not used. Without it and without auth_type there is no cloud, "
        "and everything comes from notifications.",
    ),
    cfg.StrOpt(
        "clouds_file",
        help="The path of clouds.yaml, if OpenStack's clients would not find "
        "it. Only the user that runs concertim should be able to read it.",
    ),
    cfg.ListOpt(
        "regions",
        default=["RegionOne"],
        help="The regions that are shown, with the credentials of this "
        "section. Use the names of the catalog and of [listener]: a region "
        "is part of the id of a resource.",
    ),
    cfg.StrOpt(
        "interface",
        default="public",
        choices=["public", "internal", "admin"],
        help="The endpoints of the catalog that are used with the "
        "credentials of this section.",
    ),
    cfg.ListOpt(
        "admin_roles",
        default=["admin"],
        help="The roles with which our user sees the resources of all "
        "projects, in every service. Without one of them no project counts "
        "as empty, and no team is deleted: some services answer with an "
        "empty list if the caller may not see the resources. Name a narrower "
        "role here if the policies of your cloud let it list them.",
    ),
]

_requests = [
    cfg.FloatOpt(
        "timeout",
        default=60,
        min=0.1,
        help="Seconds that a service has for its whole answer, a page of a "
        "list. A service that takes longer counts as away: its kinds are "
        "skipped, and the job says so.",
    ),
    cfg.IntOpt(
        "retries",
        default=3,
        min=0,
        max=20,
        help="How often a request is repeated after no answer, half an "
        "answer, or a temporary error (429, 500, 502, 503, 504).",
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
        help="Objects in a page of a listing. Services return fewer if their "
        "own limit is lower. Smaller pages take less memory and more "
        "requests.",
    ),
    cfg.IntOpt(
        "max_answer_mb",
        default=32,
        min=1,
        max=1024,
        help="Mebibytes that an answer may have, unpacked. A longer answer "
        "is not read to its end, and the service counts as away. Smaller "
        "pages have smaller answers.",
    ),
    cfg.IntOpt(
        "concurrency",
        default=4,
        min=1,
        max=64,
        help="Stacks whose resources are listed at the same time. Each takes "
        "a worker of Heat's engine for about a second.",
    ),
    cfg.IntOpt(
        "nested_depth",
        default=20,
        min=0,
        max=1000,
        help="The depth to which nested stacks are listed. Heat has its own "
        "limit, max_nested_stack_depth.",
    ),
]

#: The options of keystoneauth for TLS, which is always used.
_TLS = ("cafile", "certfile", "keyfile", "insecure")

_tls = [opt for opt in loading.get_session_conf_options() if opt.name in _TLS]


def _optional(plugin: str) -> Sequence[cfg.Opt]:
    """Return the options of an auth plugin, none of them required."""
    options = copy.deepcopy(loading.get_auth_plugin_conf_options(plugin))
    for option in options:
        option.required = False
    return options


#: The options of the usual auth plugins. Those of another plugin are
#: registered when ``auth_type`` names it.
_auth = [
    *loading.get_auth_common_conf_options(),
    *_optional("v3password"),
    *(
        opt
        for opt in _optional("v3applicationcredential")
        if opt.name.startswith("application")
    ),
]

opts = [*_driver, *_requests, *_tls, *_auth]


def plugin_options(conf: cfg.ConfigOpts) -> set[str]:
    """Return the options of the auth plugin that ``auth_type`` names."""
    if conf.cloud.auth_type is None:
        return set()
    try:
        opts = loading.get_auth_plugin_conf_options(conf.cloud.auth_type)
    except exceptions.NoMatchingPlugin:  # regions are refused for it
        return set()
    return {opt.dest for opt in opts}
