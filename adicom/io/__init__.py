"""The only part of adicom that waits: sources, sessions, the loop between a source and the parser."""

from __future__ import annotations

from adicom.io.base import Answer, AsyncSource, Identity, LocalSource, Range, ReadOptions
from adicom.io.stats import IOStats

__all__ = ("Answer", "AsyncSource", "IOStats", "Identity", "LocalSource", "Range", "ReadOptions")
