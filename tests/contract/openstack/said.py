"""Who asks the simulated OpenStack, and what its services say."""

from __future__ import annotations

import requests

COMPUTE = "2.87"


class Client:
    """Somebody with a token, and the endpoints that came with it."""

    def __init__(self, auth_url, name, password, project_id=None):
        self.auth_url = auth_url
        user = {"name": name, "password": password}
        user["domain"] = {"id": "default"}
        auth = {
            "identity": {"methods": ["password"], "password": {"user": user}}
        }
        if project_id:
            auth["scope"] = {"project": {"id": project_id}}
        self.login = self.log_in(auth)
        self.token = self.login.headers.get("X-Subject-Token")
        body = self.login.json().get("token", {})
        self.user = body.get("user")
        self.roles = {role["name"] for role in body.get("roles", ())}
        self.endpoints = {
            service["type"]: service["endpoints"][0]["url"]
            for service in body.get("catalog", ())
        }
        self.endpoints["identity"] = auth_url

    def log_in(self, auth):
        """Ask for a token of any form; return Keystone's response."""
        url = f"{self.auth_url}/auth/tokens"
        return requests.post(url, json={"auth": auth}, timeout=10)

    def __call__(self, method, service, path, version=None, **how):
        headers = {"X-Auth-Token": self.token, **how.pop("headers", {})}
        if version:
            kind = {"compute": "compute", "block-storage": "volume"}[service]
            headers["OpenStack-API-Version"] = f"{kind} {version}"
        url = self.endpoints[service]
        url += "/v2.0" if service == "network" else ""
        how.setdefault("timeout", 10)
        return requests.request(method, url + path, headers=headers, **how)

    def act(self, server, action, arguments=None):
        path = f"/servers/{server['id']}/action"
        return self("POST", "compute", path, COMPUTE, json={action: arguments})

    def server(self, server):
        path = f"/servers/{server['id']}"
        response = self("GET", "compute", path, COMPUTE)
        return response.json()["server"] if response.ok else None

    def volume(self, volume):
        response = self("GET", "block-storage", f"/volumes/{volume['id']}")
        return response.json()["volume"] if response.ok else None

    def stack(self, stack, method="GET", rest="", **how):
        path = f"/stacks/{stack['stack_name']}/{stack['id']}{rest}"
        return self(method, "orchestration", path, **how)


def refusal(response):
    """Return how a service refuses: "409 conflictingRequest: why".

    Each has a form of its own, and all but Neutron's repeat the status.
    """
    status, body = response.status_code, response.json()
    if "NeutronError" in body:
        error = body["NeutronError"]
        assert error["detail"] == ""
        code, kind = status, error["type"]
    elif "error" not in body:  # Nova and Cinder
        ((kind, error),) = body.items()
        code = error["code"]
    elif "title" in body["error"]:  # Keystone
        error = body["error"]
        code, kind = error["code"], error["title"]
    else:  # Heat
        code, error = body["code"], body["error"]
        kind = error["type"]
    assert code == status
    return f"{status} {kind}: {error['message']}"
