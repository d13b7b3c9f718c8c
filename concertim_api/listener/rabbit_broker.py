"""RabbitMQ as the broker of a region."""

from __future__ import annotations

import amqp
from kombu.connection import Connection
from oslo_config import cfg

from concertim_api.listener import preflight
from concertim_api.listener.broker import Refused
from concertim_api.messaging import oslo_messaging

#: Of a wrong password, and of a virtual host that is not for our user.
REFUSALS = (amqp.AccessRefused, amqp.NotAllowed)


class RabbitBroker:
    """Our queue at the broker of a bus. One thread uses it.

    ``option`` names what has its address. ``timeout`` in seconds, of each
    exchange with one of its hosts.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        bus: oslo_messaging.TransportURL,
        option: str,
        timeout: float = 3.0,
    ) -> None:
        self._conf = conf
        self._pool = conf.listener.pool
        self._options = conf.oslo_messaging_rabbit
        self._bus = bus
        self._option = option
        self._timeout = timeout
        self._connection: Connection | None = None

    def connect(self) -> Connection:
        """Return a connection to the first host that takes us.

        Raises ConnectionError with a sentence for operators.
        """
        error = ConnectionError("the bus has no host")
        # Without hosts, oslo.messaging takes this host.
        for host in self._bus.hosts or [oslo_messaging.TransportHost()]:
            connection = self._to(host)
            try:
                connection.ensure_connection(
                    max_retries=1, interval_start=0, timeout=self._timeout
                )
            except Exception as exc:  # kombu raises what its transport raises
                error = self._error(connection, exc)
                connection.release()
            else:
                return connection
        raise error

    def check(self) -> list[str]:
        """Return no doubt; see ``Broker``."""
        with self.connect() as connection:
            preflight.check(self._conf, connection)
        return []

    def waiting(self) -> int | None:
        """Return how many messages are ready in our queue.

        None: there is no such queue. Keeps its connection, and replaces it
        where it was closed. Raises ConnectionError, as ``connect`` does.
        """
        if self._connection is not None:
            try:
                return self._waiting(self._connection)
            except ConnectionError:
                self.close()
        self._connection = self.connect()
        try:
            return self._waiting(self._connection)
        except ConnectionError:
            self.close()
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.release()
        self._connection = None

    def _waiting(self, connection: Connection) -> int | None:
        failures = connection.connection_errors + connection.channel_errors
        try:
            with connection.channel() as channel:
                queue = channel.queue_declare(self._pool, passive=True)
        except amqp.NotFound:
            return None
        except failures as exc:
            raise self._error(connection, exc) from None
        count: int = queue.message_count
        return count

    def _to(self, host: oslo_messaging.TransportHost) -> Connection:
        ssl = self._options.ssl
        return Connection(
            hostname=host.hostname or "localhost",
            port=host.port or (5671 if ssl else 5672),
            userid=host.username,
            password=host.password,
            virtual_host=self._bus.virtual_host or "/",
            ssl={"ca_certs": self._options.ssl_ca_file or None}
            if ssl
            else False,
            connect_timeout=self._timeout,
            transport_options={
                "read_timeout": self._timeout,
                "write_timeout": self._timeout,
            },
        )

    def _error(
        self, connection: Connection, exc: Exception
    ) -> ConnectionError:
        """Return an error with what there is to do; never the password."""
        place = f"{connection.hostname}:{connection.port}/"
        place += self._bus.virtual_host or ""
        if isinstance(exc, REFUSALS):
            user = connection.userid or "guest"
            return Refused(
                f"RabbitMQ refuses the user {user} at {place} ({self._option})"
            )
        return ConnectionError(
            f"RabbitMQ does not answer at {place} ({self._option}): "
            f"{type(exc).__name__}: {exc}"
        )
