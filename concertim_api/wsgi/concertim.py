"""``application``, which speaks the dialect of today's front end."""

from concertim_api.wsgi import app

application = app.setup_concertim()
