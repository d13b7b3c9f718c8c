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


def not_found():
    return Refused(404, {"errors": {"record": ["Not found"]}})


def not_signed_in():
    message = "You need to sign in or sign up before continuing."
    return Refused(401, {"error": message})


def no_route(method, path):
    return listed(404, "Not Found", f'No route matches [{method}] "{path}"')


def missing(name):
    """Return the refusal of a body that lacks its outer key."""
    return Refused(
        400,
        {
            "status": 400,
            "error": f"param is missing or the value is empty: {name}",
        },
    )


def crash(description):
    """Return what a mistake that the front end does not expect gives."""
    return listed(500, "Internal Server Error", description)
