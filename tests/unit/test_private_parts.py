"""Private parts of libraries change without notice: none is used here.

What is used all the same is listed with the reason, and has a test of its
own that fails when the library is another.
"""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
OURS = ("concertim_api", "tests", "benchmarks", "tools")

#: Folders that import something, and those that are installed.
IMPORTING = ("concertim_api", "benchmarks", "demo", "doc", "tests", "tools")
INSTALLED = ("concertim_api/", "demo/", "tools/")

#: Modules without a line below their name, of which no document speaks.
UNDOCUMENTED = {"prometheus_client.mmap_dict"}

#: Names that are documented; the line keeps them apart from fields.
PUBLIC = {
    "_asdict",  # collections.namedtuple
    "_fields",  # collections.namedtuple
    "_make",  # collections.namedtuple
    "_mapping",  # sqlalchemy.Row
    "_replace",  # collections.namedtuple
    "_route",  # pecan: how a controller finds the next one
    "_AUTHENTICATION",  # confluent_kafka.KafkaError
}

#: Private ones that are used: file and name -> reason.
USED = {
    (
        "concertim_api/agent/announcer.py",
        "_send_notification",
    ): "oslo.messaging 18 tells nobody of a failure: unit/agent/"
    "test_announcer.py",
    (
        "concertim_api/osc/plugin.py",
        "_api_version",
    ): "how every plugin of osc-lib 4 reads its version; there is no other "
    "way: functional/osc",
}


def _files(folders):
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def _is_private(name):
    return name.startswith("_") and not name.startswith("__")


def imports(tree):
    """Return what is imported and private to others, as dotted names."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {
        name
        for name in names
        if name.split(".")[0] not in OURS
        and (
            any(map(_is_private, name.split(".")))
            or any(f"{name}.".startswith(f"{u}.") for u in UNDOCUMENTED)
        )
    }


def attributes(tree):
    """Return the private attributes of what is not ours: of anything but
    ``self`` and ``cls``, and not defined in the same file."""
    defined, used = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            is_own = isinstance(node.value, ast.Name) and node.value.id in (
                "self",
                "cls",
            )
            (defined if is_own else used).add(node.attr)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
    return {n for n in used - defined if _is_private(n)} - PUBLIC


def test_nothing_private_is_used_but_those_with_a_reason():
    imported, used = {}, set()
    for path in _files(IMPORTING):
        tree, name = ast.parse(path.read_text()), str(path.relative_to(ROOT))
        if names := imports(tree):
            imported[name] = names
        if name.startswith(INSTALLED):
            used |= {(name, attribute) for attribute in attributes(tree)}
    assert imported == {}
    assert used == set(USED)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from oslo_policy import _checks as checks", {"oslo_policy._checks"}),
        ("import a._b", {"a._b"}),
        (
            "from prometheus_client.mmap_dict import MmapedDict",
            {"prometheus_client.mmap_dict.MmapedDict"},
        ),
        ("from __future__ import annotations", set()),
        ("from concertim_api.a.b import _c", set()),
        ("from a import b, c", set()),
    ],
)
def test_what_is_private_of_imports(source, names):
    assert imports(ast.parse(source)) == names
