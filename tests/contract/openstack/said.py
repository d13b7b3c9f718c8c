"""Who asks the simulated OpenStack, and what its services say."""

from __future__ import annotations

import requests

COMPUTE = "2.87"


class Client:
    """Somebody with a token, and the endpoints that came with it."""

    def __init__(self, auth_url, name, password, project_id=None):
        self.auth_url = auth_url
        identity = {
            "methods": ["password"],
            "password": {
                "user": {
                    "name": name,
                    "password": password,
                    "domain": {"id": "default"},
                }
            },
        }
        auth = {"identity": identity}
        if project_id:
            auth["scope"] = {"project": {"id": project_id}}
        self.login = requests.post(
            f"{auth_url}/auth/tokens",
            json={"auth": auth},
            timeout=10,
        )
        self.token = self.login.headers.get("X-Subject-Token")
        body = self.login.json().get("token", {})
        self.user = body.get("user")
        self.roles = {role["name"] for role in body.get("roles", ())}
        self.endpoints = {
            service["type"]: service["endpoints"][0]["url"]
            for service in body.get("catalog", ())
        }
        self.endpoints["identity"] = auth_url

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


def nova_says(response, status, name, message):
    """Cinder words its errors so, too."""
    assert response.status_code == status
    assert response.json()[name]["code"] == status
    assert message in response.json()[name]["message"]
    assert set(response.json()) == {name}


def keystone_says(response, status, title, message):
    assert response.status_code == status
    error = response.json()["error"]
    assert (error["code"], error["title"]) == (status, title)
    assert message in error["message"]


def neutron_says(response, status, kind, message):
    assert response.status_code == status
    error = response.json()["NeutronError"]
    assert (error["type"], error["detail"]) == (kind, "")
    assert message in error["message"]


def heat_says(response, status, kind, message):
    assert response.status_code == status
    body = response.json()
    assert body["code"] == status
    assert body["error"]["type"] == kind
    assert message in body["error"]["message"]
