"""How much a property is tried, and what tests have measured.

How long examples may take is not what is tested: machines are busy. CI tries
all of them. A person waits for a tenth of them, or says
``--hypothesis-profile large``.
"""

import os

from hypothesis import HealthCheck, settings

for name, count in {"small": 10, "large": 100}.items():
    settings.register_profile(
        name,
        max_examples=count,
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.function_scoped_fixture,
        ],
    )
settings.load_profile("large" if os.environ.get("CI") else "small")


def pytest_terminal_summary(terminalreporter):
    """Print what tests have recorded: seeds, seconds, sizes."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, value in report.user_properties:
                    terminalreporter.line(f"{report.nodeid}: {name}: {value}")
