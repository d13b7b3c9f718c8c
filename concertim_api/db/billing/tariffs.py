"""The tariffs of a site."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.billing.tables import tariffs as table
from concertim_api.db.transactions import Adapter
from concertim_api.domain.billing import tariff_document
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.services.billing.ports import StoredTariff

_c = table.c


class SqlTariffs(Adapter):
    """``services.billing.ports.TariffStore`` of a database."""

    def after(self, last: StoredTariff | None) -> list[StoredTariff]:
        last_id = last.id if last else 0
        # That of the last one is not needed again.
        document = sa.case((_c.id > last_id, _c.document)).label("document")
        query = (
            sa.select(_c.id, document, _c.author, _c.loaded_at)
            .where(_c.id >= last_id)
            .order_by(_c.id)
        )
        rows = self._rows(query)
        if last:
            place = (last.id, last.loaded_at)
            if not rows or (rows[0].id, rows[0].loaded_at) != place:
                raise NotFound(f"Tariff {last.id} not found.")
        return [_tariff(row) for row in rows if row.id > last_id]

    def add(self, tariff: StoredTariff) -> None:
        self._change(lambda c: _add(c, tariff))


def _tariff(row: Any) -> StoredTariff:
    document = orjson.loads(row.document)
    tariff = tariff_document.read(document)
    return StoredTariff(row.id, tariff, document, row.author, row.loaded_at)


def _add(connection: Connection, new: StoredTariff) -> None:
    tariff = new.tariff
    row = connection.execute(
        sa.select(_c.id).where((_c.id == new.id) | (_c.name == tariff.name))
    ).first()
    if row:
        raise Conflict(
            "Somebody else loaded a tariff at this moment: look at it, and "
            "load yours again."
        )
    connection.execute(
        sa.insert(table).values(
            id=new.id,
            name=tariff.name,
            currency=tariff.currency,
            valid_from=tariff.start,
            valid_until=tariff.end,
            document=orjson.dumps(new.document).decode(),
            author=new.author,
            loaded_at=new.loaded_at,
        )
    )
