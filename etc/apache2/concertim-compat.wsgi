from concertim_api.wsgi.compat import application  # noqa: F401
