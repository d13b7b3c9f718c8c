"""The statements that reach a database."""

import contextlib

import sqlalchemy as sa


@contextlib.contextmanager
def noted(engine):
    """Yield a list of the statements sent meanwhile, as they are sent,
    without those that begin and end transactions."""
    texts = []

    def note(connection, cursor, text, *_):
        if not text.startswith(("PRAGMA", "BEGIN", "COMMIT")):
            texts.append(text)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield texts
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
