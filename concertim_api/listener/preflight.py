"""A check, before listening, that RabbitMQ is as our options say.

It refuses to declare an exchange or a queue that exists with other
arguments. oslo.messaging then tries again for ever, with no clear error, and
no notification arrives.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

import amqp
from kombu.connection import Connection
from oslo_config import cfg

from concertim_api.domain.errors import ConcertimError, Invalid


class Mismatch(ConcertimError):
    """An exchange or a queue exists with other arguments than ours."""


def check(conf: cfg.ConfigOpts, connection: Connection) -> None:
    """Raise Mismatch, with the option, if RabbitMQ will refuse our queue."""
    options = conf.oslo_messaging_rabbit
    quorum = options.rabbit_quorum_queue
    durable = options.amqp_durable_queues or quorum
    problems = [
        *_exchanges(connection, conf.listener.exchanges, durable),
        *_queue(connection, conf.listener.pool, durable, quorum),
    ]
    if problems:
        raise Mismatch(
            "; ".join(problems)
            + ". Set [oslo_messaging_rabbit] rabbit_quorum_queue and "
            "amqp_durable_queues as the services of the cloud do, or delete "
            "what is left from before."
        )


def doubts(conf: cfg.ConfigOpts) -> list[str]:
    """Return a sentence about each option that may lose notifications.

    Asks no broker. Raises Invalid if such a queue is impossible.
    """
    group, options = "[oslo_messaging_rabbit]", conf.oslo_messaging_rabbit
    quorum = options.rabbit_quorum_queue
    if quorum and options.rabbit_ha_queues:
        raise Invalid(
            f"{group} rabbit_ha_queues",
            "with rabbit_quorum_queue there is nothing to mirror",
        )
    losses = []
    if quorum and options.rabbit_quorum_delivery_limit:
        losses.append(
            f"{group} rabbit_quorum_delivery_limit: while the database is "
            "away, what was given back to the broker so often is thrown away"
        )
    if options.amqp_auto_delete:
        losses.append(
            f"{group} amqp_auto_delete: what comes while no listener runs is "
            "thrown away"
        )
    return losses


def _exchanges(
    connection: Connection, names: Sequence[str], durable: bool
) -> Iterator[str]:
    for name in names:
        yield from _declared(
            connection,
            f"exchange {name!r}",
            functools.partial(_exchange, name, durable),
        )


def _exchange(
    name: str, durable: bool, channel: amqp.Channel, passive: bool
) -> None:
    channel.exchange_declare(
        name, "topic", passive=passive, durable=durable, auto_delete=False
    )


def _queue(
    connection: Connection, pool: str, durable: bool, quorum: bool
) -> Iterator[str]:
    for problem in _declared(
        connection,
        f"queue {pool!r}",
        lambda channel, passive: channel.queue_declare(
            pool,
            passive=passive,
            durable=durable,
            auto_delete=False,
            arguments={"x-queue-type": "quorum"} if quorum else None,
        ),
    ):
        # Options that are not read here may set other arguments.
        if "'durable'" in problem or "'x-queue-type'" in problem:
            yield problem


def _declared(
    connection: Connection,
    title: str,
    declare: Callable[[amqp.Channel, bool], object],
) -> Iterator[str]:
    """Yield the broker's refusal, if there is one.

    A refusal closes the channel, so each declaration gets a new one.
    """
    try:
        with connection.channel() as channel:
            declare(channel, True)
    except amqp.NotFound:
        return
    try:
        with connection.channel() as channel:
            declare(channel, False)
    except amqp.PreconditionFailed as exc:
        yield f"{title} exists in another way: {exc.reply_text}"
