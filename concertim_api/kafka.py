"""What our options and a transport URL mean to a client of Kafka."""

from __future__ import annotations

import pathlib
from typing import Any

from oslo_config import cfg

from concertim_api.domain.errors import Invalid
from concertim_api.messaging import opts, oslo_messaging

#: The name of its transport in a URL.
NAME = "kafka"

_GROUP = "oslo_messaging_kafka"

#: librdkafka's property -> the option of oslo.messaging.
_TLS = {
    "ssl.ca.location": "ssl_cafile",
    "ssl.certificate.location": "ssl_client_cert_file",
    "ssl.key.location": "ssl_client_key_file",
    "ssl.key.password": "ssl_client_key_password",
}
_FILES = ("ssl_cafile", "ssl_client_cert_file", "ssl_client_key_file")


def check(
    conf: cfg.ConfigOpts, bus: oslo_messaging.TransportURL, option: str
) -> None:
    """Raise Invalid, naming the option, unless a client can be made.

    Connects to nothing. ``option`` has the URL of the bus. This registers the
    options of [oslo_messaging_kafka].
    """
    conf.register_opts(dict(opts.list_opts())[_GROUP], group=_GROUP)
    try:
        import confluent_kafka  # noqa: F401
    except ImportError as exc:
        raise Invalid(
            option,
            f"kafka:// needs a library ({exc}): "
            "pip install 'concertim-api[kafka]'",
        ) from None
    if not bus.hosts or not all(h.hostname and h.port for h in bus.hosts):
        raise Invalid(
            option,
            "name each host of Kafka with its port, as in "
            "kafka://one.example.org:9092,two.example.org:9092/",
        )
    options = driver_options(conf, bus)
    if options["security_protocol"].endswith("SSL"):
        for name in _FILES:
            path = options[name]
            if path and not pathlib.Path(path).is_file():
                raise Invalid(f"[{_GROUP}] {name}", f"no file {path}")


def client(
    conf: cfg.ConfigOpts, bus: oslo_messaging.TransportURL
) -> dict[str, Any]:
    """Return librdkafka's properties of any client of a bus.

    The query of a URL replaces options, as in oslo.messaging. The user is
    that of the first host.
    """
    options = driver_options(conf, bus)
    protocol = options["security_protocol"]
    values = {
        "bootstrap.servers": places(bus),
        "security.protocol": protocol,
    }
    if protocol.startswith("SASL"):
        user = bus.hosts[0]
        values |= {
            "sasl.mechanism": options["sasl_mechanism"],
            "sasl.username": user.username or "",
            "sasl.password": user.password or "",
        }
    if protocol.endswith("SSL"):
        files = {name: options[option] for name, option in _TLS.items()}
        values |= {name: value for name, value in files.items() if value}
    return values


def driver_options(
    conf: cfg.ConfigOpts, bus: oslo_messaging.TransportURL
) -> dict[str, Any]:
    """Return [oslo_messaging_kafka], with what the query of a URL replaces."""
    return {**conf[_GROUP], **bus.query}


def places(bus: oslo_messaging.TransportURL) -> str:
    """Return the hosts of a bus, with their ports."""
    return ",".join(
        f"[{host.hostname}]:{host.port}"
        if ":" in host.hostname
        else f"{host.hostname}:{host.port}"
        for host in bus.hosts
    )
