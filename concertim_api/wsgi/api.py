"""``application``, for mod_wsgi, uWSGI and their like."""

from concertim_api.wsgi import app

application = app.setup_app()
