"""concertim-manage almanach: what an Almanach knew, and how it was set up."""

from __future__ import annotations

import argparse
import collections
import configparser
import dataclasses as dc
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from oslo_config import cfg

from concertim_api import bootstrap
from concertim_api.domain.attributes import moment
from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.payloads import almanach
from concertim_api.payloads.almanach import Row
from concertim_api.services.common.listing import Filter, Listing

#: Observations of a transaction.
_BATCH = 500

#: The keys of observations are made of what they say: twice is once.
_NAMESPACE = uuid.UUID("5f0c7f6e-7d7f-4b55-9d3c-1f5f6a0f7b11")


def import_entities(conf: cfg.ConfigOpts) -> None:
    """Record the entities of an Almanach, exported as JSON lines.

    Each becomes a correction. What the ledger observed itself is not
    touched: rows that reach beyond --until end there. Rows that overlap, and
    those that never ended, are reported with the seconds that they would have
    billed. Twice changes nothing. All rows are held in memory.
    """
    services = bootstrap.services(conf)
    services.store.check()
    region = conf.command.region or conf.listener.region
    now = services.clock.now()
    until = _until(conf.command.until, services, region, now)
    report: collections.Counter[str] = collections.Counter()
    batch: list[Observation] = []
    maker = _Maker(services, region, now)

    def flush() -> None:
        if not conf.command.dry_run:
            keys = services.recorder.record(batch)
            report["known already"] += len(keys.known)
        report["entities"] += len(batch)
        batch.clear()

    for rows in _by_resource(conf.command.file, report).values():
        for row in clean(rows, until, report):
            batch.append(maker.observation(row))
            if len(batch) == _BATCH:
                flush()
    flush()
    print(f"Until {until:%Y-%m-%dT%H:%M:%SZ}:")
    for name, number in sorted(report.items()):
        print(f"  {name}: {number}")


def _until(
    text: str | None, services: Any, region: str, now: datetime
) -> datetime:
    if text is not None:
        date = moment(text)
        if date is None or date > now:
            raise Invalid("--until", "not a date of the past")
        return date.astimezone(UTC).replace(microsecond=0)
    ours = (
        Filter("region", "eq", region),
        Filter("source", "neq", "correction"),
    )
    listing = Listing(ours, (("reported_at", False),), limit=1)
    rows = services.store.histories.observations(listing).rows
    first: datetime = rows[0].reported_at if rows else now
    return first.replace(microsecond=0)


def _by_resource(
    path: str, report: collections.Counter[str]
) -> Mapping[tuple[str, str], Sequence[Row]]:
    rows = collections.defaultdict(list)
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(filter(bytes.strip, file), 1):
                try:
                    row = almanach.row(orjson.loads(line))
                except (ValueError, OverflowError, OSError) as exc:
                    print(f"{path}: row {number} is left out: {exc}")
                    report["left out"] += 1
                    continue
                rows[row.kind, row.id].append(row)
    except OSError as exc:
        raise Invalid(path, str(exc.strerror)) from None
    return rows


def clean(
    rows: Sequence[Row], until: datetime, report: collections.Counter[str]
) -> list[Row]:
    """Return the rows of a resource without what no resource has: two rows at
    a time, and rows without a duration. ``report`` counts them."""
    kept: list[Row] = []
    open_rows: set[int] = set()
    for row in sorted(rows, key=lambda r: (r.start, r.end is None)):
        end = min(row.end or until, until)
        if end <= row.start:
            report["without time before that"] += 1
            continue
        last = kept[-1] if kept else None
        if last and last.end and row.start < last.end:
            if len(kept) - 1 in open_rows:
                _count(report, "that never ended", row.start, last.end)
                open_rows.discard(len(kept) - 1)
                kept[-1:] = _cut(last, last.start, row.start)
            elif row.end is None:  # a zombie: the resource had ended
                _count(report, "that never ended", row.start, end)
                continue
            else:
                both = min(last.end, end)
                _count(report, "at the same time", row.start, both)
                row = dc.replace(row, start=last.end)
        pieces = _cut(row, row.start, end)
        if pieces and row.end is None:
            open_rows.add(len(kept))
        kept += pieces
    return kept


def _cut(row: Row, start: datetime, end: datetime) -> list[Row]:
    return [dc.replace(row, start=start, end=end)] if start < end else []


def _count(
    report: collections.Counter[str],
    fault: str,
    start: datetime,
    end: datetime,
) -> None:
    report[f"rows {fault}"] += 1
    report[f"seconds of rows {fault}"] += int((end - start).total_seconds())


class _Maker:
    """Makes observations of rows."""

    def __init__(self, services: Any, region: str, now: datetime) -> None:
        self._services = services
        self._region = region
        self._now = now
        self._types: dict[tuple[str, str], Any] = {}

    def observation(self, row: Row) -> Observation:
        about = f"{self._region}/{row.kind}/{row.id}/{row.start.isoformat()}"
        return Observation(
            ref=Ref(self._region, row.kind, row.id),
            at=row.start,
            until=row.end,
            reported_at=self._now,
            received_at=self._now,
            key=f"correction/add-{uuid.uuid5(_NAMESPACE, about)}",
            says="set",
            project_id=row.project_id,
            shape={**row.shape, **self._type(row)},
            details={"name": row.name} if row.name else {},
            source="correction",
            author="concertim-manage",
            reason="imported from Almanach",
        )

    def _type(self, row: Row) -> Mapping[str, Any]:
        if row.type is None:
            return {}
        key = row.kind, row.type
        if key not in self._types:
            self._types[key] = self._named(*key)
        return {
            "flavor" if row.kind == "instance" else "type": self._types[key]
        }

    def _named(self, kind: str, name: str) -> Any:
        if kind == "instance":
            return self._services.resources.flavor(name)
        ids = self._services.store.ledger.ids("volume_type", [name])
        return ids[0] if ids else name


#: (section, option) of almanach.cfg -> ours.
_OPTIONS = {
    ("collector", "transport_url"): "[DEFAULT] transport_url",
    ("collector", "topic"): "[listener] topics",
    (
        "entities",
        "volume_existence_threshold",
    ): "[almanach] volume_existence_threshold",
    ("entities", "instance_metadata"): "[almanach] instance_metadata",
    ("entities", "instance_image_meta"): "[almanach] instance_image_meta",
    (
        "almanach",
        "volume_existence_threshold",
    ): "[almanach] volume_existence_threshold",
    ("almanach", "device_metadata_whitelist"): "[almanach] instance_metadata",
    ("rabbitmq", "url"): "[DEFAULT] transport_url",
}

_STRATEGIES = {"private_key": "key", "keystone": "keystone"}


def options(conf: cfg.ConfigOpts) -> None:
    """Print our options for an almanach.cfg, of either generation.

    RABBITMQ_URL and MONGODB_URL of the environment count, as they did for
    Almanach. Secrets are not printed.
    """
    theirs = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        with open(conf.command.file, encoding="utf-8") as file:
            theirs.read_file(file)
    except OSError as exc:
        raise Invalid(conf.command.file, str(exc.strerror)) from None
    except (configparser.Error, UnicodeDecodeError):
        raise Invalid(conf.command.file, "not a configuration") from None
    print("[almanach] profile = almanach")
    for line in _translated(theirs, os.environ):
        print(line)


def _translated(
    theirs: configparser.ConfigParser, environ: Mapping[str, str]
) -> Iterator[str]:
    values = {
        (section.lower(), name): value
        for section in theirs.sections()
        for name, value in theirs.items(section)
    }
    if "RABBITMQ_URL" in environ:
        values["rabbitmq", "url"] = environ["RABBITMQ_URL"]
    for key, ours in _OPTIONS.items():
        if key in values:
            is_url = ours.endswith("transport_url")
            yield f"{ours} = {_hidden(values[key]) if is_url else values[key]}"
    strategy = values.get(("auth", "strategy")) or values.get(
        ("almanach", "auth_strategy"), "private_key"
    )
    both = "key,keystone"
    yield (f"[almanach] auth_strategies = {_STRATEGIES.get(strategy, both)}")
    yield "# In the place of the private key: concertim-manage key create"
    if "MONGODB_URL" in environ or any(s == "mongodb" for s, _ in values):
        yield "# Of MongoDB: concertim-manage almanach import"


def _hidden(url: str) -> str:
    """Return a URL without its password."""
    before, at, place = url.rpartition("@")
    return f"{before.rpartition(':')[0]}:***@{place}" if at else url


def add_parsers(
    actions: Any,
    command: Callable[..., argparse.ArgumentParser],
) -> None:
    """Add the commands of the group ``almanach``."""
    entities = command(actions, "import", import_entities)
    entities.add_argument("file", metavar="FILE", help="JSON lines.")
    entities.add_argument(
        "--until",
        metavar="TIME",
        help="The ledger counts from then on; by default, from its first "
        "observation of the region.",
    )
    entities.add_argument(
        "--region",
        metavar="NAME",
        help="The region of the rows; [listener] region by default.",
    )
    entities.add_argument(
        "--dry-run",
        action="store_true",
        help="Print what would be recorded, and store nothing.",
    )
    settings = command(actions, "options", options)
    settings.add_argument("file", metavar="FILE", help="An almanach.cfg.")
