from concertim_api.wsgi.instrumentation import application  # noqa: F401
