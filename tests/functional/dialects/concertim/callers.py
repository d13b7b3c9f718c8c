"""What today's callers send, and what they read of an answer.

The front end (Faraday) sends JSON bodies with GET and DELETE, too, and takes
any 2xx; of an error it reads ``message``, if the answer says that it is JSON.
The cluster builder (requests) takes 200, 201 and 204.
"""

from __future__ import annotations

import json
import time
import uuid

import jwt


class Failed(Exception):
    """What a user of the front end gets to read."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class FrontEnd:
    """``send`` (method, path, headers, body) returns status, Content-Type
    and the bytes of an answer. ``env``: the administrator's."""

    def __init__(self, send, secret, env):
        self._send = send
        self._secret = secret
        self.env = env

    def headers(self):
        """Return those of a request, with a token of its own."""
        now = int(time.time())
        claims = {"exp": now + 60, "iat": now, "jti": str(uuid.uuid4())}
        token = jwt.encode(claims, self._secret, algorithm="HS256")
        return {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": "Faraday v2.9.0",
        }

    def body(self, env=None, **fields):
        return json.dumps({"cloud_env": env or self.env, **fields}).encode()

    def call(self, method, path, body=None, env=None):
        """As a job does; return the status, and the JSON of a success."""
        status, kind, data = self._send(
            method, path, self.headers(), self.body(env, **(body or {}))
        )
        if 200 <= status < 300:
            return status, json.loads(data) if data else None
        assert kind.partition(";")[0] == "application/json"
        raise Failed(status, json.loads(data)["message"])

    # Its jobs

    def sign_up(self, login, password):
        _, told = self.call(
            "POST",
            "/user",
            {
                "username": login,
                "name": f"{login} of the tests",
                "email": f"{login}@example.org",
                "password": password,
            },
        )
        assert told["user_cloud_id"]
        return told["user_cloud_id"]

    def change_user(self, user_id, **new):
        self.call(
            "PATCH",
            "/user",
            {"user_info": {"cloud_user_id": user_id, "new_data": new}},
        )

    def delete_user(self, user_id):
        self.call("DELETE", "/user", {"user_info": {"cloud_user_id": user_id}})

    def create_team(self, name, **known):
        _, told = self.call("POST", "/team", {"name": name, **known})
        assert told["project_id"]
        assert told["billing_acct_id"]
        return {name: told[name] for name in ("project_id", "billing_acct_id")}

    def delete_team(self, team):
        self.call("DELETE", "/team", {"team_info": team})

    def grant(self, team, user_id, role):
        self._role("POST", team, user_id, role=role)

    def change_role(self, team, user_id, current, new):
        self._role("PATCH", team, user_id, current_role=current, new_role=new)

    def revoke(self, team, user_id, role):
        self._role("DELETE", team, user_id, role=role)

    def _role(self, method, team, user_id, **said):
        who = {"project_id": team["project_id"], "user_id": user_id}
        self.call(method, "/team_role", {"team_role": {**who, **said}})

    def of_user(self, user_id, password, team):
        """Return the credentials by which it acts for a user."""
        return {
            "auth_url": self.env["auth_url"],
            "user_id": user_id,
            "password": password,
            "project_id": team["project_id"],
        }

    def change_status(self, env, kind, openstack_id, action):
        self.call(
            "POST",
            f"/update_status/{kind}/{openstack_id}",
            {"action": action},
            env,
        )

    def create_key_pair(self, env, name, public_key=None):
        pair = {"name": name, "key_type": "ssh"}
        if public_key:
            pair["public_key"] = public_key
        _, told = self.call("POST", "/key_pairs", {"key_pair": pair}, env)
        pair = told["key_pair"]
        assert pair["fingerprint"]
        return pair["private_key"]

    def keypairs(self, env):
        _, told = self.call("GET", "/key_pairs", {}, env)
        return {
            (pair["name"], pair["fingerprint"], pair.get("type", "ssh"))
            for pair in told["key_pairs"]
        }

    def delete_key_pair(self, env, name):
        self.call("DELETE", "/key_pairs", {"keypair_name": name}, env)

    def limits(self, env):
        _, told = self.call("GET", "/team/limits", {}, env)
        limits = told["limits"]
        return {
            used: (limits[f"total{used}Used"], limits[most])
            for used, most in (
                ("Cores", "maxTotalCores"),
                ("RAM", "maxTotalRAMSize"),
                ("Instances", "maxTotalInstances"),
                ("Volumes", "maxTotalVolumes"),
                ("Gigabytes", "maxTotalVolumeGigabytes"),
            )
        }

    def statistics(self):
        _, told = self.call("GET", "/statistics")
        return told["stats"]

    def draft_invoice(self, team):
        """Return None if there is nothing to bill."""
        asked = {
            "billing_acct_id": team["billing_acct_id"],
            "target_date": "2026-11-30",
        }
        status, told = self.call(
            "POST", "/get_draft_invoice", {"invoice": asked}
        )
        return None if status == 204 else told["draft_invoice"]

    def invoices(self, team):
        asked = {
            "billing_acct_id": team["billing_acct_id"],
            "offset": 0,
            "limit": 20,
        }
        _, told = self.call(
            "POST", "/list_paginated_invoices", {"invoices": asked}
        )
        assert int(told["total_invoices"]) >= len(told["invoices"])
        return told["invoices"]

    def deposit(self, team, amount):
        asked = {
            "billing_acct_id": team["billing_acct_id"],
            "amount": amount,
        }
        self.call("POST", "/credits", {"credits": asked})
