"""Run all benchmarks, or those that are named."""

from __future__ import annotations

import importlib
import sys

ALL = (
    "replay",
    "list",
    "render",
    "cli_startup",
    "sync",
    "latency",
    "push",
    "ingest",
    "kafka",
    "refold",
    "metrics",
)

for name in sys.argv[1:] or ALL:
    print(f"\n== {name}", flush=True)
    importlib.import_module(f"benchmarks.{name}").main([])
