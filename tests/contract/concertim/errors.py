"""How the front end says no: one document per reason."""

from __future__ import annotations

import re

_MESSAGES = {
    "blank": "can't be blank",
    "taken": "has already been taken",
    "invalid": "is invalid",
    "too_long": "is too long (maximum is {count} characters)",
    "not_a_number": "is not a number",
    "not_an_integer": "must be an integer",
    "greater_than": "must be greater than {count}",
    "greater_than_or_equal_to": "must be greater than or equal to {count}",
    "less_than_or_equal_to": "must be less than or equal to {count}",
}
_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*")
_INTEGER = re.compile(r"[+-]?\d+")


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


class Errors:
    """What validations found, in the two shapes that controllers show."""

    def __init__(self):
        self._found = []

    def __bool__(self):
        return bool(self._found)

    def add(self, field, error, message=None, **details):
        """Note an error. One without a known name is its own message."""
        message = message or _MESSAGES.get(error, error).format(**details)
        self._found.append((field, message, {"error": error, **details}))

    def messages(self):
        """Return ``{field: [message]}``."""
        return self._by_field(lambda message, details: message)

    def details(self):
        """Return ``{field: [{"error": .., "value": ..}]}``."""
        return self._by_field(lambda message, details: details)

    def _by_field(self, show):
        found = {}
        for field, message, details in self._found:
            found.setdefault(field, []).append(show(message, details))
        return found

    def number(self, field, raw, *, whole=False, **bounds):
        """Check a number as it was sent: "None" is none, "12" is one."""
        sent = raw if isinstance(raw, str) else str(raw)
        if isinstance(raw, bool) or not _NUMBER.fullmatch(sent):
            self.add(field, "not_a_number", value=raw)
        elif whole and not _INTEGER.fullmatch(sent):
            self.add(field, "not_an_integer", value=raw)
        else:
            for bound, count in bounds.items():
                if not _HOLDS[bound](float(sent), count):
                    self.add(field, bound, value=raw, count=count)

    def longest(self, field, value, count):
        if value is not None and len(value) > count:
            self.add(field, "too_long", count=count)


_HOLDS = {
    "greater_than": lambda value, count: value > count,
    "greater_than_or_equal_to": lambda value, count: value >= count,
    "less_than_or_equal_to": lambda value, count: value <= count,
}
