"""concertim-manage tariff: faults are named, and prices are shown."""

import pathlib

import pytest

from concertim_api import bootstrap

SAMPLE = pathlib.Path(__file__).parents[3] / "etc/concertim/tariff.yaml"

TARIFF = """\
name: {name}
currency: EUR
valid_from: 2026-01-01
valid_until: 2027-01-01
discounts:
  - {{project: p1, percent: 10}}
  - {{project: p2, percent: 2.50}}
tax: {{name: VAT, percent: 19}}
rules:
  - name: all
    unit: compute
    for: {{kind: share}}
    count: hour
    price: 0.10
  - name: some
    unit: compute
    for:
      kind: instance
      type: ["[ab]1.*", b]
      extra_spec: {{"hw:gpu": x}}
    count: vcpu_hour
    started_hour: 0.5
    price:
      - {{up_to: 100, price: 2}}
      - {{price: 1.50}}
"""


@pytest.fixture
def file(tmp_path, conf):
    """Write a tariff of a name; it is for a kind of the operator's own."""
    events = tmp_path / "events.yaml"
    events.write_text("kinds: [{name: share}]\n")
    with conf.open("a") as lines:
        lines.write(f"[listener]\nevents_file = {events}\n")

    def write(name, text=TARIFF):
        path = tmp_path / f"{name}.yaml"
        path.write_text(text.format(name=name))
        return path

    return write


@pytest.fixture
def tables(run):
    run("db", "sync")


def test_a_check_needs_no_database(run, file, tmp_path):
    path = file("a")
    assert run("tariff", "check", path) == (
        0,
        f"{path} is a tariff: a, in EUR, from 2026-01-01 to 2027-01-01, "
        "rules: 2\n",
        "",
    )
    assert not [*tmp_path.glob("*.sqlite")]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("action", ["check", "load"])
def test_every_fault_is_named_by_line_and_field(run, file, action):
    wrong = TARIFF.replace("EUR", "EURO").replace("0.10", "ten")
    path = file("a", wrong.replace("kind: share", "kind: shares"))
    code, out, said = run("tariff", action, path)
    assert (code, out) == (1, "")
    assert [line[: len(str(path)) + 35] for line in said.splitlines()] == [
        f"{path}: line {line}: {words}"[: len(str(path)) + 35]
        for line, words in [
            (2, "currency: 'EURO' is no currency"),
            (12, "rules[0].for.kind: 'shares' is no kind"),
            (14, "rules[0].price: 'ten' is no number"),
        ]
    ]
    assert run("tariff", "show", "a")[2].endswith("Tariff a not found.")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a: [", "line 1: the tariff: is no YAML of a tariff"),
        (b"a" * (2**20 + 1), "line 1: the tariff: is longer than"),
        (None, "No such file"),
    ],
)
def test_what_is_no_file_of_a_tariff(run, tmp_path, content, complaint):
    path = tmp_path / "x.yaml"
    if content:
        path.write_bytes(content)
    code, out, said = run("tariff", "check", path)
    assert code not in (0, None)
    assert out == ""
    assert f"{path}: {complaint}" in said


@pytest.mark.usefixtures("tables")
def test_a_tariff_is_loaded_once(run, file):
    path = file("a")
    assert run("tariff", "load", path, "--author", "ann")[1] == (
        "Tariff a is loaded, as 1: from 2026-01-01 to 2027-01-01.\n"
    )
    assert run("tariff", "load", path, "--author", "bob")[1] == (
        "Tariff a is loaded already, as 1.\n"
    )
    assert "as 2: from" in run("tariff", "load", file("b"))[1]
    code, out, said = run("tariff", "load", file("a", TARIFF + "  - {{}}\n"))
    assert (code, out) == (1, "")
    assert "rules[2].name: is missing" in said
    changed = file("a", TARIFF.replace("0.10", "0.11"))
    assert (
        "give the new prices another name" in run("tariff", "load", changed)[2]
    )
    other = file("c", TARIFF.replace("EUR", "USD"))
    assert "a site has one currency" in run("tariff", "load", other)[2]
    rows = run("tariff", "list")[1].split("\n", 3)[3].split("\n")
    first, second = (row.split() for row in rows[:2])
    assert first[:3] == ["1", "a", "EUR"]
    assert "ann" in first
    assert second[:3] == ["2", "b", "EUR"]


@pytest.mark.usefixtures("tables")
def test_without_a_name_the_author_is_the_user(run, file, monkeypatch):
    monkeypatch.setenv("LOGNAME", "zoe")
    run("tariff", "load", file("a"))
    assert "zoe" in run("tariff", "list")[1]
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    monkeypatch.setattr("os.getuid", lambda: 4711)
    run("tariff", "load", file("b"))
    assert "4711" in run("tariff", "list")[1]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("which", ["a", "1"])
def test_it_is_shown_what_counts_for_what(run, file, monkeypatch, which):
    monkeypatch.setenv("COLUMNS", "100")
    run("tariff", "load", file("a"), "--author", "ann")
    code, out, _ = run("tariff", "show", which)
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0].startswith(
        "1: a, in EUR, from 2026-01-01 to 2027-01-01, loaded by ann at 20"
    )
    assert [line for line in lines[1:] if line.strip("─")] == [
        "unit rule for count price",
        "compute some kind: instance vcpu_hour 2 up to 100",
        "type: [ab]1.*, b by started 0.5 h 1.50",
        "extra_spec hw:gpu: x",
        "compute all kind: share hour 0.10",
        "discount of p1: 10 %",
        "discount of p2: 2.50 %",
        "tax VAT: 19 %",
    ]


@pytest.mark.usefixtures("tables")
def test_what_is_shown_as_yaml_can_be_loaded(run, file, tmp_path):
    run("tariff", "load", file("a"))
    code, out, _ = run("tariff", "show", "a", "--yaml")
    assert code == 0
    assert "price: 0.10\n" in out
    again = tmp_path / "again.yaml"
    again.write_text(out)
    assert "is loaded already" in run("tariff", "load", again)[1]


@pytest.mark.usefixtures("tables")
def test_a_tariff_outlives_the_kind_that_it_is_for(run, file, tmp_path):
    run("tariff", "load", file("a"))
    (tmp_path / "events.yaml").write_text("")
    assert "kind: share" in run("tariff", "show", "a")[1]


def test_the_sample_is_a_tariff_that_teaches(run, conf):
    assert "is a tariff: 2026, in EUR" in run("tariff", "check", SAMPLE)[1]
    with_tax = SAMPLE.read_text().replace("# tax:", "tax:")
    other = conf.with_name("with-tax.yaml")
    other.write_text(with_tax)
    assert run("tariff", "check", other)[0] == 0
    run("db", "sync")
    run("tariff", "load", other)
    services = bootstrap.services(
        bootstrap.configure(["--config-file", str(conf)])
    )
    (tariff,) = services.tariffs.prices().tariffs
    services.store.close()
    assert tariff.tax is not None
    assert tariff.discounts
    assert tariff.has_tiers
    assert tariff.has_runs
    kinds = bootstrap.kinds(bootstrap.configure(["--config-file", str(conf)]))
    billable = {kind.name for kind in kinds.values() if kind.used}
    for name in billable - {"baremetal_node", "baremetal_port"}:
        assert any(
            rule.conditions[0].values.count(name) for rule in tariff.rules
        ), name
