"""``.. generated::`` shows what the code knows of itself.

What comes after it names one of ``TABLES``; ``routes`` takes a path, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import parts
import reference
import tables
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

TABLES: Mapping[str, Callable[..., tables.Lines]] = {
    "events": tables.events,
    "ignored": tables.ignored,
    "kinds": tables.kinds,
    "indexes": tables.indexes,
    "metrics": tables.metrics,
    "personas": tables.personas,
    "answers": tables.answers,
    "access": tables.who_gets_what,
    "errors": tables.error_codes,
    "routes": reference.api,
    "client": parts.methods,
}


class Generated(SphinxDirective):
    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        make, *arguments = self.arguments
        text = "\n".join(TABLES[make](*arguments))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("generated", Generated)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
