"""Frames: how they are laid out, where they lie, what their bytes are.

Nothing here reads or waits: operations ask for ranges (:mod:`adicom.pixels.asking`), and are sent bytes.
"""

from __future__ import annotations

from adicom.pixels.asking import Ask, Steps
from adicom.pixels.frames import Frames, frames_of
from adicom.pixels.layout import Attributes, Layout, attributes_of, read_layout
from adicom.pixels.tables import Table
from adicom.pixels.walk import WINDOW

__all__ = (
    "WINDOW",
    "Ask",
    "Attributes",
    "Frames",
    "Layout",
    "Steps",
    "Table",
    "attributes_of",
    "frames_of",
    "read_layout",
)
