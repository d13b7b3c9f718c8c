"""How long an answer is, is told if it is known."""

import pytest

from concertim_api.api import render


@pytest.mark.parametrize("path", ["/v1/periods", "/v1/resources"])
def test_a_page_of_few_rows_tells_its_length(client, path, monkeypatch):
    whole = client.get(path)
    assert len(whole.json[path.rpartition("/")[2]]) > 1
    assert whole.headers["Content-Length"] == str(len(whole.body))
    # webtest tells the length of whatever it has read: HEAD has nothing
    head = client.head(path).headers
    assert head["Content-Length"] == whole.headers["Content-Length"]
    monkeypatch.setattr(render, "CHUNK", 1)
    assert client.get(path).body == whole.body
    assert "Content-Length" not in client.head(path).headers
