"""oslo.messaging, on threads, and with a faster reader of JSON.

It pulls in oslo.service, whose backend is chosen once in a process and is
eventlet unless somebody said otherwise before: so take it from here.
"""

import contextlib
import json
from collections.abc import Iterable
from typing import Any

import orjson
from kombu import serialization
from kombu.utils.json import dumps
from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

import oslo_messaging  # noqa: E402
from oslo_messaging import opts  # noqa: E402
from oslo_messaging.notify.listener import (  # noqa: E402
    BatchNotificationServer,
)

__all__ = ["BatchNotificationServer", "opts", "oslo_messaging"]


def _decoded(body: str | bytes) -> Any:
    """Return what a message on the wire says: plain JSON, without the objects
    that kombu makes of some of it."""
    with contextlib.suppress(ValueError):
        document = orjson.loads(body)
        if isinstance(document, dict) and _are_texts(document.values()):
            return document
    # It has numbers, of which orjson makes floats beyond 64 bits, or what
    # only json reads: it comes from no oslo.messaging of these years.
    return json.loads(body)


def _are_texts(values: Iterable[Any]) -> bool:
    """Whether values are those of an envelope: a version, and a message."""
    return all(type(value) is str for value in values)


# kombu's own is json, and the broker's library takes most of the listener's
# time. What we send is written as before.
serialization.register(
    "json",
    dumps,
    _decoded,
    content_type="application/json",
    content_encoding="utf-8",
)
