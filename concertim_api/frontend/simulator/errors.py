"""How the front end says no: one document per reason."""

from __future__ import annotations


class Refused(Exception):
    """The request ends here, with this status and document."""

    def __init__(self, status, document):
        super().__init__(status, document)
        self.status, self.document = status, document


def listed(status, title, description):
    """Return the refusal that most exceptions become."""
    error = {
        "status": str(status),
        "title": title,
        "description": description,
    }
    return Refused(status, {"errors": [error]})


def plain(status, error):
    """Return the refusal of a request that reaches no controller."""
    return Refused(status, {"status": status, "error": error})


def not_found():
    return Refused(404, {"errors": {"record": ["Not found"]}})


def not_signed_in():
    message = "You need to sign in or sign up before continuing."
    return Refused(401, {"error": message})


def not_allowed():
    text = "You are not authorized to access this page."
    return listed(403, "Not Authorized", text)


def missing(name):
    """Return the refusal of a body that lacks its outer key."""
    return plain(400, f"param is missing or the value is empty: {name}")


def crash(title, description):
    """Return what an exception that the front end does not expect gives:
    its class is the title."""
    return listed(500, title, description)
