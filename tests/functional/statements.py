"""The statements that reach a database."""

import contextlib
import re

import sqlalchemy as sa

#: The values of rows in an INSERT of SQLite.
_ROWS = re.compile(r"(?<=VALUES )\([?, ]+\)(, \([?, ]+\))*")


@contextlib.contextmanager
def noted(engine):
    """Yield a list of the statements sent meanwhile, as they are sent,
    without those that begin and end transactions.

    SQLite gets many rows in two forms of one INSERT, which count once.
    """
    texts = []
    last = ""

    def note(connection, cursor, text, *_):
        nonlocal last
        before, last = last, text
        if text.startswith(("PRAGMA", "BEGIN", "COMMIT")):
            return
        if text == before or _form(text) != _form(before):
            texts.append(text)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield texts
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def _form(text):
    """Return a statement with the values of a single row."""
    return _ROWS.sub("(?)", text)
