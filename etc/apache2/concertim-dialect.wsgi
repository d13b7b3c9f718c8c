from concertim_api.wsgi.concertim import application  # noqa: F401
