"""What each answer says to caches, and whether that is what it should."""

import webtest

from concertim_api import caching
from concertim_api.api import auth

#: What tells callers apart, and what they are answered.
CALLERS = {
    "x-auth-token",
    "authorization",
    "accept",
    "openstack-api-version",
}


def said(answer):
    """Return Cache-Control, the names in Vary, and the ETag of an answer:
    each is there once at most."""
    headers = answer.headers
    (control,) = headers.getall("Cache-Control")
    assert len(headers.getall("Vary")) <= 1
    names = [n.strip().lower() for n in headers.get("Vary", "").split(",")]
    assert len(names) == len(set(names))
    tags = headers.getall("ETag")
    assert len(tags) <= 1
    return control, {*names} - {""}, tags[0] if tags else None


def check(answer, public=frozenset()):
    """Check what an answer says; ``public``: paths open to everybody."""
    control, names, tag = said(answer)
    path = answer.request.environ["PATH_INFO"]
    status, method = answer.status_int, answer.request.method
    if tag is not None:
        assert status in (200, 304)
        assert control == "private, no-cache"
        assert names >= CALLERS
    elif path in public and status == 200 and method in ("GET", "HEAD"):
        assert control == caching.PUBLIC
        assert names >= {"openstack-api-version", "x-forwarded-host"}
    else:
        assert control == "no-store"


class Client(webtest.TestApp):
    """A client of the API that looks at every answer it gets."""

    def do_request(self, *args, **kwargs):
        answer = super().do_request(*args, **kwargs)
        check(answer, auth.ANONYMOUS)
        return answer
