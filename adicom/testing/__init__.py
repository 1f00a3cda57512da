"""For writers of sources: a test suite that tells whether a source keeps what adicom relies on.

Nothing of adicom needs it, and it needs no test framework; with pytest each check is a test.

Example:
    >>> import asyncio
    >>> from adicom.io.local import BytesSource
    >>> class TestBytes(SourceSuite):
    ...     counts_requests = False
    ...     def open_source(self, data: bytes) -> BytesSource:
    ...         return BytesSource(data)
    >>> checks = asyncio.run(TestBytes().check_all())
    >>> checks[:4], "concurrent" in checks
    (['protocol', 'name', 'forward', 'jumps'], False)
"""

from __future__ import annotations

from adicom.testing.suite import SourceSuite

__all__ = ("SourceSuite",)
