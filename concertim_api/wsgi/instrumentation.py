"""``application``, which shows the metrics of the API's processes."""

from concertim_api.wsgi import app

application = app.setup_instrumentation()
