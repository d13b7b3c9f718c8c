"""What every process of ours has: a clock, and a log."""

from __future__ import annotations

import gc
import logging
import sys
import warnings
from datetime import UTC, datetime

from oslo_config import cfg
from oslo_log import formatters

# tooz, oslo.messaging and oslo.cache import eventlet, and never use it here:
# no operator can act on this.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

_TIME = "%(asctime)s.%(msecs)03d "

_FORMATS = (
    "logging_context_format_string",
    "logging_default_format_string",
    "logging_exception_prefix",
)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def spare_collector() -> None:
    """Let Python look for garbage less often, and only at what comes now.

    A program that goes on for long calls it when it has all its parts. A
    sync, a batch of notifications and a page of rows make many objects, and
    hardly any cycles: to look through all of them each time takes a quarter
    of a sync, and a sixth of what the listener does.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


class Formatter(formatters.ContextFormatter):
    """oslo.log's formatter; what it adds to our own warnings is removed.

    It adds the class and the text of the error that is being handled. Our
    texts have the reason already; where they don't, the traceback has it.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: str = super().format(record)
        if record.exc_info or not record.name.startswith("concertim_api."):
            return line
        return line.removesuffix(f": {vars(record)['error_summary']}")


def set_log_defaults(conf: cfg.ConfigOpts) -> None:
    """Leave the time out in Apache, which writes one before each line."""
    if "mod_wsgi" in sys.modules:
        for name in _FORMATS:
            conf.set_default(name, conf[name].removeprefix(_TIME))


def set_formatters(conf: cfg.ConfigOpts, project: str, version: str) -> None:
    """Have the handlers of oslo.log write our lines."""
    names = {"project": project, "version": version}
    formatter = Formatter(datefmt=conf.log_date_format, config=conf, **names)
    for handler in logging.getLogger().handlers:
        if type(handler.formatter) is formatters.ContextFormatter:
            handler.setFormatter(formatter)
