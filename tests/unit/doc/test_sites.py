"""The sites of Apache say what the API says, and have all their settings."""

import json
import re

import pytest

from concertim_api.api import errors
from concertim_api.api.dialects.concertim.documents import word

#: Those that people ask, who are told errors in our words.
SITES = ("concertim-api", "concertim-proxy")


@pytest.fixture(scope="session")
def sites(root):
    folder = root / "etc" / "apache2" / "sites-available"
    return {path.stem: path.read_text() for path in folder.glob("*.conf")}


@pytest.mark.parametrize("name", SITES)
def test_errors_of_apache_are_error_documents(sites, name):
    found = re.findall(r"ErrorDocument (\d+) '(.*)'\n", sites[name])
    assert found
    for status, text in found:
        (error,) = json.loads(text)["errors"]
        assert error["status"] == int(status)
        assert set(error) == {"code", "status", "title", "detail", "links"}
        code = error["code"].removeprefix(f"{errors.SERVICE_TYPE}.")
        if int(status) in errors.FOREIGN:
            slug, title, _ = errors.FOREIGN[int(status)]
            assert (code, error["title"]) == (slug, title)


def test_errors_of_apache_are_what_the_dialect_says(sites):
    found = re.findall(
        r"ErrorDocument (\d+) '(.*)'\n", sites["concertim-dialect"]
    )
    told = dict(
        re.findall(r"ErrorDocument (\d+) '(.*)'", sites["concertim-api"])
    )
    assert [status for status, _ in found] == [*told]
    for status, text in found:
        (error,) = json.loads(told[status])["errors"]
        slug = error["code"].removeprefix(f"{errors.SERVICE_TYPE}.")
        assert json.loads(text) == {
            "success": False,
            "error": word(slug),
            "message": error["detail"],
        }


def test_errors_of_apache_are_what_almanachs_dialect_says(sites):
    rows = re.compile(r"ErrorDocument (\d+) '(.*)'")
    told = dict(rows.findall(sites["concertim-api"]))
    documents = rows.findall(sites["concertim-almanach"])
    assert [status for status, _ in documents] == [*told]
    for status, text in documents:
        (error,) = json.loads(told[status])["errors"]
        assert json.loads(text) == {"error": error["detail"]}


def test_every_setting_is_told_with_its_default(sites, root):
    text = "".join(sites.values())
    default = re.compile(
        r"<IfDefine !(\w+)>\n    Define \1 (\S+)\n</IfDefine>"
    )
    found = default.findall(text)
    made = dict(found)
    assert {*found} == {*made.items()}  # the same in every site
    path = root / "etc" / "apache2" / "conf-available" / "concertim-api.conf"
    told = dict(re.findall(r"\n#Define (\w+) (\S+)", path.read_text()))
    # Without a certificate there is no HTTPS; these are examples.
    examples = {
        f"CONCERTIM_{site}{name}"
        for site in ("", "COMPAT_", "ALMANACH_")
        for name in ("CERTIFICATE", "KEY")
    }
    assert made == {n: v for n, v in told.items() if n not in examples}
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(told)
