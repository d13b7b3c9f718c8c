"""Dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from concertim_api.db import listing as lists
from concertim_api.db.ledger.tables import dead_letters as table
from concertim_api.db.listing import Condition
from concertim_api.db.transactions import Adapter
from concertim_api.domain import storable
from concertim_api.domain.errors import NotFound
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.ledger.ports import DeadLetter

_ID = sa.func.coalesce(table.c.notification_id, table.c.message_id)
_FIELDS = {
    **lists.fields(table.c, but=("error", "message", "key", "origin")),
    "message_id": lists.Field(_ID),
}
_SORT = {"id": table.c.id, "received_at": table.c.received_at}


class SqlDeadLetters(Adapter):
    """``LetterList`` and ``LetterBox`` of the ledger's ports."""

    def bury(self, letters: Iterable[DeadLetter]) -> None:
        latest = {letter.key or n: letter for n, letter in enumerate(letters)}
        rows = [_row(letter) for letter in latest.values()]
        if rows:
            self._change(lambda c: c.execute(_upsert(c.dialect.name), rows))

    def page(self, listing: Listing) -> Page:
        query = sa.select(table).where(
            *lists.conditions(listing.filters, _FIELDS)
        )
        by = lists.order(listing.sort, _SORT, ("id", False), table.c.id)
        page = self._read(lambda c: lists.page(c, query, listing, by))
        return Page([_letter(row) for row in page.rows], page.marker)

    def letter(self, letter_id: int) -> DeadLetter:
        query = sa.select(table).where(table.c.id == letter_id)
        row = self._row(query)
        if row is None:
            raise NotFound(f"dead letter {letter_id}")
        return _letter(row)

    def count(self, most: int) -> int:
        ids = sa.select(table.c.id).limit(most).subquery()
        query = sa.select(sa.func.count()).select_from(ids)
        return int(self._row(query)[0])

    def revive(self, letter_id: int) -> None:
        if not self._delete(table.c.id == letter_id):
            raise NotFound(f"dead letter {letter_id}")

    def fail_again(self, letter_id: int, error: str) -> None:
        update = (
            sa.update(table)
            .where(table.c.id == letter_id)
            .values(
                attempts=table.c.attempts + 1,
                error=storable.text(error)[:10000],
            )
        )
        if not self._run(update):
            raise NotFound(f"dead letter {letter_id}")

    def purge(self, filters: Sequence[Filter]) -> int:
        return self._delete(*lists.conditions(filters, _FIELDS))

    def _delete(self, *conditions: Condition) -> int:
        return self._run(sa.delete(table).where(*conditions))


def _upsert(dialect: str) -> Any:
    """Return the insert; of a letter that is stored, it counts one attempt
    more."""
    # "1" as text: PyMySQL takes no parameters behind VALUES.
    attempts = table.c.attempts + sa.literal_column("1")
    if dialect in ("mysql", "mariadb"):
        insert = mysql.insert(table)
        return insert.on_duplicate_key_update(
            attempts=attempts, error=insert.inserted.error
        )
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(table)
    return statement.on_conflict_do_update(
        index_elements=[table.c.key],
        set_={"attempts": attempts, "error": statement.excluded.error},
    )


def _row(letter: DeadLetter) -> dict[str, Any]:
    text = orjson.dumps(letter.message, option=orjson.OPT_SORT_KEYS)
    return {
        "region": letter.region,
        "notification_id": _short(letter.message_id),
        "event_type": _short(letter.event_type),
        "publisher_id": _short(letter.publisher_id),
        "received_at": letter.received_at,
        "error": storable.text(letter.error)[:10000],
        "message": text.decode(),
        "attempts": letter.attempts,
        "key": letter.key,
        "origin": None
        if letter.origin is None
        else orjson.dumps(letter.origin).decode(),
    }


def _short(text: str | None) -> str | None:
    """Return a text that fits its column. The message itself is whole."""
    return None if text is None else storable.text(text)[:255]


def _letter(row: Any) -> DeadLetter:
    values = {column.name: row._mapping[column.name] for column in table.c}
    values["message_id"] = values.pop("notification_id") or row.message_id
    values["message"] = orjson.loads(row.message)
    values["origin"] = row.origin and orjson.loads(row.origin)
    return DeadLetter(**values)
