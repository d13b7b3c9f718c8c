"""What knows WSME, Pecan's request and global configuration is counted."""

import pathlib
import re

import pytest

import concertim_api.api

API = pathlib.Path(concertim_api.api.__file__).parent


def modules_with(pattern):
    return {
        str(path.relative_to(API))
        for path in API.rglob("*.py")
        if re.search(pattern, path.read_text(), re.MULTILINE)
    }


@pytest.mark.parametrize(
    ("pattern", "known"),
    [
        (r"^\s*(import|from) wsme", {"types.py"}),
        (r"pecan\.(request|response)\b", {"expose.py"}),
        (
            r"^\s*(import|from) pecan",
            {"expose.py", "routing.py"},
        ),
        (r"\bcfg\.CONF\b", set()),
    ],
)
def test_only_these_modules(pattern, known):
    assert modules_with(pattern) == known


def test_methods_of_controllers_are_short():
    long = []
    for path in (API / "controllers").rglob("*.py"):
        for method in re.split(r"^    def ", path.read_text(), flags=re.M)[1:]:
            body = re.split(r'"""[^"]*"""', method, maxsplit=1)[-1]
            body = re.split(r"^    @|^\S", body, flags=re.M)[0]
            lines = [line for line in body.splitlines() if line.strip()]
            if len(lines) > 6 and "__init__" not in method:
                long.append(method.partition("(")[0])
    assert long == []
