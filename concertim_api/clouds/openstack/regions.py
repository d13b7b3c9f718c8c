"""The regions that the configuration names, and how to log in to each."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from typing import Any

import yaml
from keystoneauth1 import exceptions as keystone
from keystoneauth1 import loading
from openstack import exceptions as sdk
from openstack.config import cloud_region
from openstack.config.cloud_region import CloudRegion
from openstack.config.loader import OpenStackConfig
from oslo_config import cfg

from concertim_api.domain.errors import Invalid
from concertim_api.http.session import KeystoneSession, guarded_session

_CLOUDS, _FILE = "[cloud] clouds", "[cloud] clouds_file"
_AUTH = "[cloud] auth_type"


def configured(conf: cfg.ConfigOpts) -> list[CloudRegion]:
    """Return the regions of the configuration. Makes no request.

    Raises Invalid, which names the option and holds no secret.
    """
    if conf.cloud.clouds:
        regions = list(_from_clouds_yaml(conf))
    else:
        regions = list(_from_options(conf))
    names: set[str] = set()
    for region in regions:
        if region.region_name in names:
            raise Invalid(
                _CLOUDS if conf.cloud.clouds else "[cloud] regions",
                f"two of them are in a region {region.region_name!r}: ids "
                "are told apart by the region",
            )
        names.add(region.region_name)
    return regions


def account(conf: cfg.ConfigOpts, region: CloudRegion) -> str:
    """Return who logs in to a region, where, and what configures it.

    For operators. It has no secret.
    """
    if conf.cloud.clouds:
        options = region.config.get("auth", {})
        place = f"{_CLOUDS}: {region.name}"
    else:
        section = conf.cloud.auth_section or "cloud"
        options, place = dict(conf[section]), f"[{section}]"
    names = ("username", "user_id", "application_credential_id")
    user = next(filter(None, (options.get(n) for n in names)), "?")
    url = getattr(region.get_session().auth, "auth_url", None)
    return f"user {user} of {place}, auth_url {url}"


def _from_clouds_yaml(conf: cfg.ConfigOpts) -> Iterator[CloudRegion]:
    path = conf.cloud.clouds_file
    if path:
        _check_readable(path)
    max_bytes = conf.cloud.max_answer_mb << 20
    session: Any = functools.partial(KeystoneSession, max_bytes)
    try:
        config = OpenStackConfig(
            config_files=[path] if path else None,
            load_envvars=False,
            session_constructor=session,
        )
    except sdk.SDKException as exc:
        raise Invalid(_FILE, _short(exc)) from None
    for entry in conf.cloud.clouds:
        name, _, region = entry.partition(":")
        if name not in config.get_cloud_names():
            raise Invalid(_CLOUDS, f"clouds.yaml has no cloud {name!r}")
        for region_name in [region] if region else _regions_of(config, name):
            yield _region(config, name, region_name, conf.cloud.timeout)


def _check_readable(path: str) -> None:
    """Raise Invalid unless it is YAML. The SDK would ignore the file."""
    try:
        with open(path, "rb") as file:
            yaml.safe_load(file)
    except OSError as exc:
        raise Invalid(_FILE, f"{path}: {exc.strerror}") from None
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        # Not the text of the error: it may quote a password.
        raise Invalid(_FILE, f"{path}{line}: it is no YAML") from None


def _regions_of(config: OpenStackConfig, name: str) -> list[str]:
    """Return the regions that clouds.yaml gives a cloud."""
    cloud = config.cloud_config["clouds"][name]
    regions = cloud.get("regions") or [cloud.get("region_name")]
    return [
        region["name"] if isinstance(region, dict) else region or ""
        for region in regions
    ]


def _region(
    config: OpenStackConfig, name: str, region_name: str, timeout: float
) -> CloudRegion:
    try:
        region = config.get_one(
            name, region_name=region_name, api_timeout=timeout
        )
    except (sdk.SDKException, keystone.ClientException) as exc:
        raise Invalid(_CLOUDS, f"{name}: {_short(exc)}") from None
    if not region.region_name:
        raise Invalid(
            _CLOUDS,
            f"{name} has no region_name in clouds.yaml; give it as "
            f"{name}:REGION",
        )
    return region


def _from_options(conf: cfg.ConfigOpts) -> Iterator[CloudRegion]:
    options = conf.cloud
    auth = _auth(conf)
    if auth is None:
        return
    session = loading.session.Session().load_from_options(
        auth=auth,
        insecure=options.insecure,
        cacert=options.cafile,
        cert=options.certfile,
        key=options.keyfile,
        timeout=options.timeout,
        session=guarded_session(options.max_answer_mb << 20),
    )
    for name in options.regions:
        yield cloud_region.from_session(
            session,
            name="cloud",
            region_name=name,
            interface=options.interface,
        )


def _auth(conf: cfg.ConfigOpts) -> Any:
    """Return the auth plugin that the options name, or None.

    Like ``loading.load_auth_from_conf_options``, but it leaves options that
    are registered already as they are, required or not.
    """
    section = conf.cloud.auth_section or "cloud"
    name = conf[section].auth_type
    if not name:
        return None
    try:
        loader: Any = loading.get_plugin_loader(name)
        for option in loading.get_auth_plugin_conf_options(name):
            _register(conf, option, section)
        return loader.load_from_options_getter(
            lambda option: conf[section][option.dest]
        )
    except keystone.NoMatchingPlugin:
        raise Invalid(_AUTH, f"there is no plugin {name!r}") from None
    except keystone.ClientException as exc:
        raise Invalid(_AUTH, _short(exc)) from None


def _register(conf: cfg.ConfigOpts, option: cfg.Opt, section: str) -> None:
    if option.dest not in conf[section]:
        optional = copy.deepcopy(option)
        optional.required = False
        conf.register_opt(optional, group=section)


def _short(exc: Exception) -> str:
    return str(exc)[:200]
