"""The colours of a drawing, and what they become in the dark.

A drawing has those for the light as attributes, so that any program can show
it. A browser in dark mode replaces them by the rules of ``DARK_STYLE``.
"""

from __future__ import annotations

PAPER, INK, FAINT = "#fff", "#1f2328", "#59636e"

#: What is white on any ground, and on steel.
WHITE, PALE = "#ffffff", "#c3cad2"

STEEL, HOLLOW, DIVIDER = "#343b44", "#f6f8fa", "#dfe4e9"

WARNING, WARNING_EDGE, WARNING_INK = "#fff6d6", "#c99a06", "#8a6500"

#: status -> its colour, and the ground of a device.
STATUS_COLOURS = {
    "ACTIVE": ("#1a7f37", "#f1faf3"),
    "AVAILABLE": ("#0b6e75", "#eef8f9"),
    "IN_PROGRESS": ("#0b5fc0", "#e6f2ff"),
    "STOPPED": (FAINT, "#e9edf1"),
    "SUSPENDED": ("#7a43c9", "#f4edff"),
    "FAILED": ("#cf222e", "#ffe9e7"),
}

#: type of device -> its colour.
TYPE_COLOURS = {
    "Instance": "#3b4f7d",
    "Volume": "#7d4e1c",
    "Network": "#0f6568",
}

#: colour in the light -> colour in the dark. The others stay.
DARK = {
    PAPER: "#0f1419",
    INK: "#e6edf3",
    FAINT: "#a3adb8",
    HOLLOW: "#161c23",
    DIVIDER: "#2a323c",
    WARNING: "#332701",
    WARNING_INK: "#e3b341",
    "#1a7f37": "#57d477",
    "#f1faf3": "#10281a",
    "#0b6e75": "#4fc5cf",
    "#eef8f9": "#0c2629",
    "#0b5fc0": "#79b8ff",
    "#e6f2ff": "#0f243d",
    "#e9edf1": "#252c34",
    "#7a43c9": "#c4a3f7",
    "#f4edff": "#261a3b",
    "#cf222e": "#ff8b85",
    "#ffe9e7": "#3c1618",
}

DARK_STYLE = (
    "@media (prefers-color-scheme: dark) {"
    + "".join(
        f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in DARK.items()
    )
    + "}"
)
