from concertim_api.wsgi.almanach import application  # noqa: F401
