"""oslo.messaging, on threads.

It pulls in oslo.service, whose backend is chosen once in a process and is
eventlet unless somebody said otherwise before: so take it from here.
"""

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

import oslo_messaging  # noqa: E402
from oslo_messaging import opts  # noqa: E402
from oslo_messaging.notify.listener import (  # noqa: E402
    BatchNotificationServer,
)

__all__ = ["BatchNotificationServer", "opts", "oslo_messaging"]
