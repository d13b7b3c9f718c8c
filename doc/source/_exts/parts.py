"""The Python client: what each of its parts can be asked for."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator

import requests
from keystoneauth1 import session

from concertim_api.client import Client
from concertim_api.client.collection import Manager


def methods() -> Iterator[str]:
    """Yield each part of a client, with its methods."""
    client = Client(session.Session(session=requests.Session()))
    for name, manager in vars(client).items():
        if not isinstance(manager, Manager):
            continue
        yield from (f"``{name}``", *_indented(_text(manager)), "")
        for method, function in inspect.getmembers(manager, callable):
            if not method.startswith("_") and inspect.ismethod(function):
                yield f"   ``{name}.{method}{_arguments(function)}``"
                yield from _indented(_text(function), 6)
                yield ""


def _arguments(function: Callable[..., object]) -> str:
    """Return the arguments, with their defaults and without their types."""
    signature = inspect.signature(function)
    return str(
        signature.replace(
            parameters=[
                parameter.replace(annotation=inspect.Parameter.empty)
                for parameter in signature.parameters.values()
                if parameter.name != "sleep"  # for tests
            ],
            return_annotation=inspect.Signature.empty,
        )
    )


def _text(documented: object) -> str:
    text = inspect.getdoc(documented)
    assert text, documented
    return text


def _indented(text: str, columns: int = 3) -> list[str]:
    return textwrap.indent(text, " " * columns).splitlines()
