"""From the bytes of a message to the notification in it."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

#: The envelope of oslo.messaging: the notification is JSON within JSON.
_VERSION, _MESSAGE = "oslo.version", "oslo.message"

#: Of the request that made a service notify; it has tokens.
_CONTEXT = "_context"

#: A quote in a text that is JSON within JSON.
_ESCAPED = re.compile(r'\\+"')


def decode(value: bytes | None) -> object:
    """Return the notification in a message, without its context.

    With the envelope of oslo.messaging, or without one, as bridges send it.
    What is no JSON is returned as text: no notification, but a value that a
    dead letter can hold. Raises nothing.
    """
    document = _parsed(value)
    if isinstance(document, dict) and document.keys() >= {_VERSION, _MESSAGE}:
        document = _parsed(document[_MESSAGE])
    if isinstance(document, dict):
        document.pop(_CONTEXT, None)
    return document


def loads(text: bytes | str) -> Any:
    """Return the JSON of a text.

    It may have half characters and NaN, which oslo.messaging reads, too.
    Raises ValueError and RecursionError.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        return json.loads(text)


def _parsed(value: object) -> object:
    if not isinstance(value, bytes | str):
        return value
    try:
        return loads(value)
    except (ValueError, RecursionError):
        return text_of(value)


def text_of(value: bytes | str) -> str:
    """Return what is no JSON, with plain quotes: secrets between escaped
    ones are not masked in a dead letter."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return _ESCAPED.sub('"', value)
