from concertim_api.wsgi.api import application  # noqa: F401
