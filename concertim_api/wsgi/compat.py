"""The old name of ``concertim_api.wsgi.concertim``, for one release."""

from concertim_api.wsgi import app
from concertim_api.wsgi.concertim import application

__all__ = ["application"]

app.warn_of_old_name(__name__, "concertim_api.wsgi.concertim")
