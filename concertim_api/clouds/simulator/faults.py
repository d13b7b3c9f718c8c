"""How each service words its errors."""

from __future__ import annotations

from concertim_api.clouds.simulator.apis import Failed, Response, error

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
}


def keystone_error(status, message):
    return Response(
        status,
        {
            "error": {
                "code": status,
                "message": message,
                "title": _TITLES[status],
            }
        },
    )


def unauthorized(url):
    """Return what Keystone, and what guards a service, say to strangers."""
    response = keystone_error(
        401, "The request you have made requires authentication."
    )
    uri = f'Keystone uri="{url}/identity/v3"'
    response.headers["WWW-Authenticate"] = uri
    return response


def forbidden(action):
    return keystone_error(
        403,
        f"You are not authorized to perform the requested action: {action}.",
    )


_FAULTS = {
    400: "badRequest",
    403: "forbidden",
    404: "itemNotFound",
    409: "conflictingRequest",
    413: "overLimit",
}


def fault(status, message):
    """Return an error as Nova and Cinder word it."""
    response = error(status, message, _FAULTS[status])
    del response.body[_FAULTS[status]]["title"]
    if status == 413:
        response.body["overLimit"]["retryAfter"] = "0"
        response.headers["Retry-After"] = "0"
    return response


def not_allowed(action):
    message = f"Policy doesn't allow {action} to be performed."
    return Failed(fault(403, message))


def invalid_field(path, value, problem):
    return Failed(
        fault(
            400,
            f"Invalid input for field/attribute {path}. Value: {value}. "
            f"{problem}",
        )
    )


def neutron_error(status, kind, message):
    body = {"type": kind, "message": message, "detail": ""}
    return Response(status, {"NeutronError": body})


_ERRORS = {
    400: (
        "Bad Request",
        "The server could not comply with the request since it is either "
        "malformed or otherwise incorrect.",
    ),
    403: ("Forbidden", "Access was denied to this resource."),
    404: ("Not Found", "The resource could not be found."),
    409: (
        "Conflict",
        "There was a conflict when trying to complete your request.",
    ),
}


def heat_error(status, kind, message=None):
    title, explanation = _ERRORS[status]
    return Response(
        status,
        {
            "code": status,
            "title": title,
            "explanation": explanation,
            "error": {
                "type": kind,
                "message": message or explanation,
                "traceback": None,
            },
        },
    )


def denied():
    return Failed(heat_error(403, "HTTPForbidden"))
