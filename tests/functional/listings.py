"""What listings list."""

from concertim_api.services.common.listing import Listing


def walk(page, limit, **listing):
    """Return the rows of all pages, each of ``limit`` rows at most."""
    rows, marker = [], None
    while True:
        answer = page(Listing(limit=limit, marker=marker, **listing))
        assert len(answer.rows) <= limit
        rows += answer.rows
        marker = answer.marker
        if marker is None:
            return rows
