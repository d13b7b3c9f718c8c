"""Erasures: the ledger forgets the name of a person who has left."""

from __future__ import annotations

import dataclasses as dc

from concertim_api.domain import errors
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.ledger.archives import check_row
from concertim_api.services.ledger.ports import PersonErasure, ResourceReader
from concertim_api.services.ledger.resources import Ambiguous


@dc.dataclass(frozen=True, slots=True)
class Erasure:
    ledger: ResourceReader
    erasures: PersonErasure

    def erase(self, user_id: str, region: str | None = None) -> int:
        """Forget all that is known of a user but the id; return in how many
        observations that was.

        Stacks that have ended forget who owned them. Usage stays as it is.
        Raises NotFound, Ambiguous; Conflict if the user still exists, since
        the next sync would bring the name back; Archived.
        """
        rows = [
            row
            for row in self.ledger.find(user_id)
            if row.kind == "user" and region in (None, row.region)
        ]
        if not rows:
            raise errors.NotFound(f"User {user_id} not found.")
        if len(rows) > 1:
            regions = ", ".join(row.region for row in rows)
            raise Ambiguous(f"{user_id} is in {regions}; say which by region.")
        (row,) = rows
        check_row(row)
        if row.ended is None:
            raise errors.Conflict(
                f"User {user_id} exists. Delete it in the cloud first: "
                "otherwise the next sync brings the name back."
            )
        return self.erasures.erase(Ref(row.region, "user", user_id), row.name)
