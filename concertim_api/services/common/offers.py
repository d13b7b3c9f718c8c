"""Offers: what use cases add to a thing that none of them owns."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

from concertim_api import services


def offers(name: str, *arguments: Any) -> Iterator[Any]:
    """Yield what the modules in ``services`` offer by a function of a name.

    A new use case is found without a list that names it. The function gets
    the ``arguments``, and returns an iterator.
    """
    prefix = f"{services.__name__}."
    for info in pkgutil.walk_packages(services.__path__, prefix):
        module = importlib.import_module(info.name)
        offer = getattr(module, name, None)
        if inspect.isfunction(offer) and offer.__module__ == info.name:
            yield from offer(*arguments)
