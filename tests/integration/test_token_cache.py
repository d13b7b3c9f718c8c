"""The cache of tokens, with a real memcached."""

from __future__ import annotations

from oslo_config import cfg

from concertim_api.keystone import token_cache


def test_a_memcached_that_is_stopped(memcached, tmp_path, monkeypatch):
    monkeypatch.setattr(token_cache, "MEMORY", -1.0)
    server = f"127.0.0.1:{memcached.port}"
    path = tmp_path / "concertim.conf"
    path.write_text(f"[keystone_authtoken]\nmemcached_servers = {server}\n")
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[str(path)])
    cache = token_cache.Memcached(conf)
    assert [*cache.silent()] == []
    memcached.stop()
    assert [*cache.silent()] == [server]
