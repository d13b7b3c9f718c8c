"""What there is, is in the documentation; and nothing else."""

import collections
import inspect
import re
from importlib import metadata
from unittest import mock

import pytest

from concertim_api import conf, policies
from concertim_api.api import types
from concertim_api.api.dialects.almanach import app as almanach
from concertim_api.api.dialects.concertim import app
from concertim_api.cmd import keys, keystone, manage, tariff
from concertim_api.db import schema
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.instrumentation.declared import METRICS
from concertim_api.listener.translate import EVENTS, IGNORED
from tests import access

PACKAGE = "concertim_api"


def entry_points(group):
    return [
        point
        for point in metadata.entry_points(group=group)
        if point.value.startswith(PACKAGE)
    ]


def test_every_command_is_explained(pages):
    text = "\n".join(
        page
        for name, page in pages.items()
        if name.startswith(("user/", "admin/"))
    )
    for point in entry_points("openstack.concertim.v1"):
        command = point.name.replace("_", " ")
        assert f"openstack {command}" in text, command


def test_every_command_is_listed_with_its_options(pages):
    directive = ".. autoprogram-cliff:: openstack.concertim.v1\n"
    assert directive in pages["cli/openstack"]


def test_every_program_has_a_page(pages):
    programs = {point.name for point in entry_points("console_scripts")}
    assert programs == {
        name.partition("/")[2]
        for name in pages
        if name.startswith("cli/concertim")
    }
    for program in programs:
        assert f".. example:: {program} " in pages[f"cli/{program}"]


def test_every_command_of_manage_is_shown(pages):
    page = pages["cli/concertim-manage"]
    source = "".join(map(inspect.getsource, (manage, keys, keystone, tariff)))
    made = re.findall(r'command\(\w+, "(\w+)"', source)
    assert {"serve", "bootstrap", "rotate"} <= {*made}
    for command in made:
        help_of = rf"example:: concertim-manage (\w+ )?{command} --help\n"
        assert re.search(help_of, page), command


def test_every_option_is_shown_and_helps(pages):
    (point,) = entry_points("oslo.config.opts")
    assert (
        f".. show-options:: {point.name}\n" in (pages["configuration/options"])
    )
    listed = {
        (str(group), option.name)
        for group, options in point.load()()
        for option in options
        if option.help
    }
    registered = {
        (str(group), option.name)
        for group, options in conf.list_opts()
        for option in options
    }
    assert listed == registered


def test_every_policy_is_shown(pages, root):
    (point,) = entry_points("oslo.policy.policies")
    generator = "etc/concertim/policy-generator.conf"
    assert f":config-file: {generator}\n" in pages["configuration/policy"]
    assert f"namespace = {point.name}" in (root / generator).read_text()
    assert point.load()() == policies.list_rules()


def test_every_route_is_on_one_page(pages, reference):
    shown = collections.Counter()
    for page in pages.values():
        for place in re.findall(r"\.\. generated:: routes (\S+)", page):
            text = "\n".join(reference.api(place))
            shown.update(
                str(route)
                for route in reference.all_routes()
                if f"\n{route}\n---" in text
            )
    assert shown == {str(route): 1 for route in reference.all_routes()}


def test_every_route_of_the_legacy_dialect_is_told(pages):
    options = mock.MagicMock(prefix="", unbilled_credits=None)
    table = app.table(mock.MagicMock(), "RegionOne", options)
    for route in table:
        assert route.path in pages["admin/legacy"], route


def test_every_route_of_almanachs_dialect_is_told(pages):
    options = conf.new().almanach
    table = almanach.table(mock.MagicMock(), options, mock.MagicMock(), "1")
    for route in table:
        path = route.path.removeprefix("/v1")
        assert f"``{path}``" in pages["admin/almanach"], route


def test_every_word_of_the_api_is_explained(reference):
    used = collections.defaultdict(set)
    for route in reference.all_routes():
        used["examples"].add(str(route))
        operation = route.endpoint
        used["parameters"].update(
            name for name, _, _ in reference.parameters(route)
        )
        if operation.body:
            used["body"].update(types.fields(operation.body))
        if operation.returns:
            used["fields"].update(
                name.rpartition(".")[2]
                for name, _ in reference.fields(operation.returns)
            )
    words = reference.words()
    assert {kind: set(told) for kind, told in words.items()} == used


INDEXES = {
    index.name
    for table in schema.metadata.tables.values()
    for index in table.indexes
}


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("events", EVENTS),
        ("ignored", IGNORED),
        ("indexes", INDEXES),
        ("metrics", METRICS),
        ("kinds", KINDS),
    ],
)
def test_the_tables_are_whole(tables, table, names):
    text = "\n".join(getattr(tables, table)())
    assert names
    assert [name for name in names if f"``{name}``" not in text] == []


def test_it_is_told_what_each_route_answers_to_whom(tables):
    told = [*tables.who_gets_what()]
    places = [told.index(f"   * - ``{route}``") for route in access.ROUTES]
    width = places[1] - places[0]
    heads = [line[7:] for line in told[places[0] - width + 1 : places[0]]]
    assert ", ".join(heads) == ", ".join(access.PERSONAS)
    for place, level in zip(places, access.ROUTES.values(), strict=True):
        row = [line[7:] for line in told[place + 1 : place + width]]
        assert set(row) == set(level.values())
        assert row[0] == level["admin"]
        assert row[-1] == level["no token"]


@pytest.mark.parametrize(
    ("table", "page"),
    [
        ("events", "configuration/events"),
        ("ignored", "configuration/events"),
        ("kinds", "user/periods"),
        ("indexes", "contributor/architecture"),
        ("metrics", "admin/metrics"),
        ("errors", "api-ref/errors"),
        ("access", "configuration/access"),
        ("answers", "configuration/access"),
        ("personas", "configuration/access"),
    ],
)
def test_every_table_is_on_its_page(pages, table, page):
    assert f".. generated:: {table}\n" in pages[page]


def test_every_table_of_the_database_is_explained(pages):
    for table in schema.metadata.tables:
        assert f"* - ``{table}``" in pages["contributor/architecture"]
