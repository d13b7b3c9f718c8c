"""Asks the front end as root, or as a user, without a server."""

from __future__ import annotations

import orjson

from concertim_api.frontend.simulator.columns import DETAILS_OF


class Asker:
    """Returns ``(status, document)``. Paths are below ``/api/v1``."""

    def __init__(self, app, user=None):
        self._app = app
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": app.token(user),
        }

    def ask(self, method, path, body=None):
        content = b"" if body is None else orjson.dumps(body)
        answer = self._app.respond(
            method, f"/api/v1{path}", self._headers, content
        )
        return answer.status, orjson.loads(answer.content)

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body):
        return self.ask("POST", path, body)

    def patch(self, path, body):
        return self.ask("PATCH", path, body)

    def delete(self, path):
        return self.ask("DELETE", path)


def node(app, rack, kind="Instance", *, place=None, **changes):
    """Return a body for ``/nodes``: a valid one, but for the changes."""
    tag = None if kind == "Instance" else kind.lower()
    template = next(t for t in app.model.templates.values() if t.tag == tag)
    location = {"rack_id": rack.id, "start_u": 1, "facing": "f"}
    device = {
        "name": "n1",
        "type": kind,
        "status": "ACTIVE",
        "location": location | (place or {}),
        "details": {"type": DETAILS_OF[kind]},
    }
    return {"template_id": template.id, "device": device | changes}
