"""Asks an application as root, without a server."""

from __future__ import annotations

from werkzeug.test import Client

from tests.contract.concertim import details


class Asker:
    """Returns ``(status, document)``. Paths are below ``/api/v1``."""

    def __init__(self, app):
        self._client = Client(app)
        self.headers = {"Authorization": app.token()}

    def ask(self, method, path, body=None):
        response = self._client.open(
            f"/api/v1{path}", method=method, json=body, headers=self.headers
        )
        return response.status_code, response.get_json()

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
        "details": {"type": details.OF_TYPE[kind]},
    }
    return {"template_id": template.id, "device": device | changes}
