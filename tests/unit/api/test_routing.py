"""Where methods are, and which one a path means."""

from types import SimpleNamespace

import pytest

from concertim_api.api import types
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller, routes


class Things(Controller):
    @expose(policy=None)
    def get_all(self, context):
        """List things."""

    @expose(policy=None)
    def get_one(self, context, thing_id):
        """Show a thing."""

    @expose(types.SVG, policy=None)
    def get_as_svg(self, context, thing_id):
        """Draw a thing."""

    @expose(policy=None)
    def post_wash_up(self, context, thing_id):
        """Wash a thing up."""


def find(method, *parts):
    request = SimpleNamespace(method=method)
    found, ids = Things()._route(parts, request)
    return found.__name__, list(ids)


@pytest.mark.parametrize(
    ("method", "parts", "found"),
    [
        ("GET", [], ("get_all", [])),
        ("GET", [""], ("get_all", [])),
        ("GET", ["a"], ("get_one", ["a"])),
        ("HEAD", ["a", ""], ("get_one", ["a"])),
        ("GET", ["a.svg"], ("get_as_svg", ["a"])),
        ("GET", ["a.b.svg"], ("get_as_svg", ["a.b"])),
        ("GET", ["a.png"], ("get_one", ["a.png"])),
        ("GET", [".svg"], ("get_one", [".svg"])),
        ("POST", ["a.svg", "wash-up"], ("post_wash_up", ["a.svg"])),
    ],
)
def test_what_a_path_means(method, parts, found):
    assert find(method, *parts) == found


def test_where_they_are():
    assert [str(route) for route in routes(Things(), "/things")] == [
        "GET /things",
        "GET /things/{thing_id}",
        "GET /things/{thing_id}.svg",
        "POST /things/{thing_id}/wash-up",
    ]
