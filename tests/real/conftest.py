"""The servers that run while the tests here do, and the table at the end that says which did."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.real.objects import OBJECTS
from tests.real.servers import REQUIRED, SERVERS, NotInstalledError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.real.servers import RealServer


class Servers:
    """The servers that run; each is started when it is first asked for."""

    def __init__(self, exits: ExitStack) -> None:
        self._exits = exits
        self._started: dict[str, RealServer | NotInstalledError] = {}

    def get(self, name: str) -> RealServer:
        """Return a server with all objects in it; the test is skipped where it is not installed and need not be."""
        if name not in self._started:
            try:
                self._started[name] = self._start(name)
            except NotInstalledError as error:
                self._started[name] = error
        server = self._started[name]
        if not isinstance(server, NotInstalledError):
            return server
        if name in os.environ[REQUIRED].split():
            pytest.fail(f"{name} must run here, but {server}", pytrace=False)
        pytest.skip(str(server))

    def _start(self, name: str) -> RealServer:
        folder = tempfile.TemporaryDirectory(prefix=f"adicom-{name}-", ignore_cleanup_errors=True)
        with ExitStack() as starting:
            server = starting.enter_context(SERVERS[name](Path(starting.enter_context(folder))))
            for key, data in OBJECTS.items():
                server.put(key, data)
            self._exits.push(starting.pop_all())
        return server


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with ExitStack() as exits:
        yield Servers(exits)


@pytest.fixture
def store(request: pytest.FixtureRequest, servers: Servers) -> RealServer:
    """The store that the test is parametrized with; no request is counted yet."""
    server = servers.get(request.param)
    server.forget()
    return server


@pytest.fixture
def nginx(servers: Servers) -> RealServer:
    server = servers.get("nginx")
    server.forget()
    return server


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The loop of most tests here; those for which it matters ask for both."""
    return "asyncio"


# -- the table ---------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    assert isinstance(item, pytest.Function)
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    item.user_properties.append(("server", parameters.get("store", "nginx")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: dict[str, dict[str, float]] = {}
    reasons: dict[str, str] = {}
    for outcome in ("passed", "failed", "error", "skipped", ""):
        for report in terminalreporter.stats.get(outcome, []):
            server = dict(getattr(report, "user_properties", ())).get("server")
            if server is None:
                continue
            row = counts.setdefault(str(server), dict.fromkeys(("passed", "failed", "skipped", "seconds"), 0))
            row["seconds"] += report.duration
            if outcome:
                row["failed" if outcome == "error" else outcome] += 1
            if outcome == "skipped":
                reasons[str(server)] = str(report.longrepr[2]).removeprefix("Skipped: ")
    if not counts:
        return
    terminalreporter.section("servers")
    for server in sorted(counts):
        row = counts[server]
        figures = ", ".join(f"{row[name]:4.0f} {name}" for name in ("passed", "failed", "skipped"))
        why = f"  ({reasons[server]})" if server in reasons else ""
        terminalreporter.write_line(f"{server:<11}{figures}, {row['seconds']:6.1f} s{why}")
