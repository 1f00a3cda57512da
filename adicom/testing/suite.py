"""The suite as pytest collects it, and as anything else can run it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar
from unittest import SkipTest

from adicom.testing.checks import SourceChecks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ("SourceSuite",)

_PREFIX = "check_"


class SourceSuite(SourceChecks):
    """What a source promises, check by check; derive from it, and say how a source over some bytes is opened.

    With pytest, a class whose name begins with ``Test`` is all that it takes; fixtures are used as in any other
    class::

        class TestMySource(adicom.testing.SourceSuite):
            @pytest.fixture(autouse=True)
            def server(self, server):
                self.server = server

            @asynccontextmanager
            async def open_source(self, data):
                await self.server.put("key", data)
                async with MyClient(self.server.url) as client:
                    yield MySource(client, "key")

    Each check runs in an event loop of its own, on asyncio and, where it is installed, on trio. Elsewhere,
    ``await TestMySource().check_all()`` runs them all.

    Attributes:
        backends: The event loops that the source works on.
        counts_requests: Whether its ``stats`` tell what reading has cost; bytes in memory cost nothing.
        patience: Seconds that a check may take.
        without: Checks that are left out, because on purpose the source does not keep what they ask.
        secrets: What may not be seen in its name, its repr and its errors: passwords, keys, signed queries.

    Example:
        >>> from adicom.io.local import BytesSource
        >>> class TestBytes(SourceSuite):
        ...     counts_requests = False
        ...     def open_source(self, data: bytes) -> BytesSource:
        ...         return BytesSource(data)
        >>> TestBytes().test_source("offsets", "asyncio")
    """

    backends: ClassVar[tuple[str, ...]] = ("asyncio", "trio")
    patience: ClassVar[float] = 60.0
    without: ClassVar[tuple[str, ...]] = ()

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Make one test of each check on each loop; pytest calls it."""
        if {"check", "backend"} <= set(metafunc.fixturenames):
            metafunc.parametrize("check", self.names())
            metafunc.parametrize("backend", [name for name in self.backends if find_spec(name)])

    def test_source(self, check: str, backend: str) -> None:
        """Run one check in a new event loop.

        Args:
            check: Its name, without ``check_``.
            backend: The event loop, as anyio calls it.

        Raises:
            AssertionError: The source does not keep what it promises.
            TimeoutError: It has not come to an end.
            unittest.SkipTest: The check does not apply to the source.
        """
        import anyio

        async def run() -> None:
            with anyio.fail_after(self.patience):
                await self._check_of(check)()

        anyio.run(run, backend=backend)

    async def check_all(self) -> list[str]:
        """Run all checks in the running event loop, up to the first that fails; return those that applied.

        Raises:
            AssertionError: The source does not keep what it promises; a note says which check found it.
        """
        done: list[str] = []
        for name in self.names():
            try:
                await self._check_of(name)()
            except SkipTest:
                continue
            except Exception as error:
                error.add_note(f"in {_PREFIX}{name}() of {type(self).__name__}")
                raise
            done.append(name)
        return done

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of the checks, without ``check_``, the simpler ones first."""
        methods = (name for kind in reversed(cls.__mro__) for name in vars(kind) if name.startswith(_PREFIX))
        names = [name.removeprefix(_PREFIX) for name in dict.fromkeys(methods)]
        return [name for name in names if name not in ("all", *cls.without)]

    def _check_of(self, name: str) -> Callable[[], Awaitable[None]]:
        check: Callable[[], Awaitable[None]] = getattr(self, _PREFIX + name)
        return check
