"""openstack concertim status"""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from keystoneauth1.exceptions import ClientException

from concertim_api.client.errors import ClientError
from concertim_api.client.status import Part
from concertim_api.osc.cells import escape, every
from concertim_api.osc.commands import ListCommand, Row

#: The exit status if nobody can tell.
UNKNOWN = 2


class ShowStatus(ListCommand):
    """Show what works and what does not, part by part.

    The exit status is 0 if all is well, 1 if a part is late or failing, and 2
    if the state is unknown: the API or its database does not answer, or you
    may not ask. Without the database, only the parts are shown that do not
    report there. If Keystone refuses your login, every command ends with 1.
    """

    columns = every(Part)
    request = "status.get"

    _parts: Sequence[Row] = ()
    _is_unknown = False

    def run(self, parsed_args: argparse.Namespace) -> int:
        try:
            status = super().run(parsed_args)
            return UNKNOWN if self._is_unknown else status
        except (ClientError, ClientException) as error:
            self.note(f"The status is unknown: {error}")
            return UNKNOWN

    def take_action(self, args: argparse.Namespace) -> Any:
        status = self.send(args)
        self.has_failed = status["state"] != "ok"
        self._is_unknown = status["state"] == "unknown"
        self._parts = status["parts"]
        return self.output(args, self._parts)

    def produce_output(
        self,
        parsed_args: argparse.Namespace,
        column_names: Sequence[str],
        data: Any,
    ) -> int:
        if parsed_args.formatter == "table" and not parsed_args.columns:
            width = shutil.get_terminal_size().columns
            for line in _lines(self._parts, width):
                self.app.stdout.write(f"{line}\n")
            return 0
        return int(
            super().produce_output(parsed_args, column_names, data) or 0
        )


def _lines(parts: Sequence[Row], width: int) -> Iterator[str]:
    """Yield a line for each part, and more where a sentence is long."""
    labels = [" ".join(filter(None, (p["name"], p["region"]))) for p in parts]
    broad = max(map(len, labels), default=0)
    for label, part in zip(labels, parts, strict=True):
        head = f"{escape(label):<{broad}}  {part['state']:<7}  "
        yield from textwrap.wrap(
            escape(part["text"]),
            max(width, len(head) + 20),
            initial_indent=head,
            subsequent_indent=" " * len(head),
        )
