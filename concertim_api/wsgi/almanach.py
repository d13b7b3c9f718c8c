"""``application``, which speaks the dialect of Almanach's clients."""

from concertim_api.wsgi import app

application = app.setup_almanach()
