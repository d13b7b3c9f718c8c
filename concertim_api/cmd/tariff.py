"""``concertim-manage tariff``: the prices of the site."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from oslo_config import cfg
from rich import box
from rich.console import Console
from rich.table import Table

from concertim_api import bootstrap
from concertim_api.domain.billing.tariff_document import FaultyTariff
from concertim_api.domain.errors import Invalid
from concertim_api.payloads import tariff_file
from concertim_api.services.billing.tariffs import (
    DetailedTariff,
    ShownPriceRule,
    ShownTier,
)
from concertim_api.services.common.listing import EVERY_PROJECT


def check(conf: cfg.ConfigOpts) -> None:
    """Name all faults of a tariff's file, each with its line and its field.

    It needs no database: what is loaded already is not looked at.
    """
    path = conf.command.file
    with _faults_named(path):
        tariff = _read(path).tariff(bootstrap.kinds(conf))
    print(
        f"{path} is a tariff: {tariff.name}, in {tariff.currency}, "
        f"{_days(tariff.start, tariff.end)}, rules: {len(tariff.rules)}"
    )


def load(conf: cfg.ConfigOpts) -> None:
    """Load a tariff: it counts on each day for which it is the last one.

    A tariff stays for ever. To change prices, load one with another name. To
    load the same file again changes nothing.
    """
    path, author = conf.command.file, conf.command.author or _user()
    services = bootstrap.services(conf)
    services.store.check()
    with _faults_named(path):
        stored, is_new = services.tariffs.load(_read(path), author)
    tariff = stored.tariff
    if not is_new:
        print(f"Tariff {tariff.name} is loaded already, as {stored.id}.")
        return
    days = _days(tariff.start, tariff.end)
    print(f"Tariff {tariff.name} is loaded, as {stored.id}: {days}.")


def show_all(conf: cfg.ConfigOpts) -> None:
    """List the tariffs that are loaded.

    Of those that are valid on a day, the last one counts.
    """
    page = bootstrap.services(conf).tariffs.list(EVERY_PROJECT)
    _print_table(
        ("id", "name", "currency", "from", "until", "author", "loaded_at"),
        (
            (
                *(str(row.id), row.name, row.currency),
                *(str(row.valid_from), str(row.valid_until or "")),
                *(row.author or "", f"{row.loaded_at:%Y-%m-%d %H:%M}"),
            )
            for row in page.rows
        ),
    )


def show(conf: cfg.ConfigOpts) -> None:
    """Show a tariff: which rule counts for what, and its price.

    Of the rules of one unit, the first that fits counts.
    """
    tariffs = bootstrap.services(conf).tariffs
    stored = tariffs.find(conf.command.tariff)
    if conf.command.yaml:
        print(tariff_file.dump(stored.document), end="")
        return
    tariff = tariffs.get(EVERY_PROJECT, stored.id)
    print(
        f"{tariff.id}: {tariff.name}, in {tariff.currency}, "
        f"{_days(tariff.valid_from, tariff.valid_until)}, loaded by "
        f"{tariff.author} at {tariff.loaded_at:%Y-%m-%d %H:%M}"
    )
    _print_table(
        ("unit", "rule", "for", "count", "price"), map(_row, tariff.rules)
    )
    for line in _additions(tariff):
        print(line)


def _read(path: str) -> tariff_file.TariffText:
    """Return the text of a file. Raises Invalid, and FaultyTariff."""
    try:
        with open(path, "rb") as file:
            content = file.read(tariff_file.LARGEST + 1)
    except OSError as exc:
        raise Invalid(path, str(exc.strerror)) from None
    return tariff_file.load(content)


@contextlib.contextmanager
def _faults_named(path: str) -> Iterator[None]:
    """Print the faults of a file, and exit with 1."""
    try:
        yield
    except FaultyTariff as exc:
        for fault in exc.faults:
            sys.stderr.write(f"{path}: {fault}\n")
        sys.exit(1)


def _user() -> str:
    """Return the name of who runs the command; a number, if there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _days(start: object, end: object | None) -> str:
    return f"from {start} on" if end is None else f"from {start} to {end}"


def _row(rule: ShownPriceRule) -> Sequence[str]:
    share = rule.started_hour
    shares = f"\nby started {share} h" if share else ""
    return (
        *(rule.unit, rule.name, "\n".join(_conditions(rule.for_))),
        *(f"{rule.count}{shares}", "\n".join(map(_price, rule.tiers))),
    )


def _conditions(conditions: Mapping[str, Any]) -> Iterator[str]:
    for field, values in conditions.items():
        if isinstance(values, Mapping):
            for line in _conditions(values):
                yield f"{field} {line}"
        else:
            listed = values if isinstance(values, list) else [values]
            yield f"{field}: {', '.join(listed)}"


def _price(tier: ShownTier) -> str:
    end = f" up to {tier.up_to}" if tier.up_to else ""
    return f"{tier.price}{end}"


def _additions(tariff: DetailedTariff) -> Iterator[str]:
    """Yield lines of discounts and of the tax."""
    for discount in tariff.discounts:
        yield f"discount of {discount.project_id}: {discount.percent} %"
    if tariff.tax:
        yield f"tax {tariff.tax.name}: {tariff.tax.percent} %"


def _print_table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table in the width of the terminal, or of 80 columns."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    # A pattern such as g[12].* is no markup.
    Console(markup=False, emoji=False, highlight=False).print(table)


def add_parsers(
    actions: Any, command: Callable[..., argparse.ArgumentParser]
) -> None:
    command(actions, "check", check).add_argument("file", metavar="FILE")
    new = command(actions, "load", load)
    new.add_argument("file", metavar="FILE")
    new.add_argument(
        "--author",
        metavar="NAME",
        help="Who answers for it; by default the user of the system.",
    )
    command(actions, "list", show_all)
    shown = command(actions, "show", show)
    shown.add_argument(
        "tariff",
        metavar="NAME|ID",
        help="Its name, or its number in the list.",
    )
    shown.add_argument(
        "--yaml",
        action="store_true",
        help="Print it as a file that can be loaded, without its comments.",
    )
