from concertim_api.wsgi.metrics import application  # noqa: F401
