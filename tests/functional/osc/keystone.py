"""As much of Keystone as the openstack command and our API need of it."""

import json

from keystoneauth1 import fixture

JSON = ("Content-Type", "application/json")


class Keystone:
    """A WSGI application with one user, an administrator of one project."""

    def __init__(self, projects):
        self.projects = projects
        self.url = None
        self.concertim_url = None

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"].rstrip("/")
        document = {
            "": self._version,
            "/v3": self._version,
            "/v3/auth/tokens": self._token,
            "/v3/projects": self._projects,
        }.get(path)
        if document is None:
            start_response("404 Not Found", [JSON])
            return [b"{}"]
        start_response("200 OK", [JSON, ("X-Subject-Token", "the-token")])
        return [json.dumps(document()).encode()]

    def _version(self):
        return {"version": fixture.V3Discovery(f"{self.url}/v3")}

    def _token(self):
        project_id, name = self.projects[0]
        token = fixture.V3Token(project_id=project_id, project_name=name)
        token.add_role("admin")
        token.add_role("reader")
        for service_type, url in (
            ("identity", f"{self.url}/v3"),
            ("concertim", self.concertim_url),
        ):
            service = token.add_service(service_type)
            service.add_standard_endpoints(url, url, url, region="here")
        return token

    def _projects(self):
        return {
            "projects": [
                {"id": project_id, "name": name}
                for project_id, name in self.projects
            ]
        }
