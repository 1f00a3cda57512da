"""What a File ID may name: nothing outside the folder, and on a disk the names that discs get there."""

from __future__ import annotations

import copy
import os
import pickle
import sys
from typing import TYPE_CHECKING, Any, Final

import fsspec
import pytest
from obstore.store import MemoryStore

import adicom
from adicom import SourceNotFoundError, SourcePermissionError
from adicom.io.fileset import LocalFolder, RemoteFolder, components_of, folder_around, given_folder
from adicom.io.resolve import resolve_async

if TYPE_CHECKING:
    from pathlib import Path

OUTSIDE: Final = [
    ("..",),
    ("..", "secret"),
    ("A", "..", "..", "secret"),
    (".", "secret"),
    ("A", ".. ", "secret"),
    ("A", "... .", "secret"),
    ("", "etc", "secret"),
    ("/etc/secret",),
    ("//host/share/secret",),
    ("A/../../secret",),
    ("\\\\host\\share\\secret",),
    ("..\\secret",),
    ("C:\\secret",),
    ("C:secret",),
    ("A:stream",),
    ("http://host", "secret"),
    ("A::http", "secret"),
    ("A\0", "secret"),
    ("A\n",),
    ("A", ""),
    ("",),
    (" ",),
    (),
]


@pytest.mark.parametrize("file_id", OUTSIDE, ids=repr)
def test_what_leads_outside_is_refused(file_id: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    (tmp_path / "set" / "A").mkdir(parents=True)
    (tmp_path / "set" / "secret").write_text("")
    local = LocalFolder(str(tmp_path / "set"))
    remote = RemoteFolder("https://host/set/")
    for ask in (local.find, local.path_of, local.url_of, remote.url_of, remote.path_of, components_of):
        with pytest.raises(SourcePermissionError, match=r"\(0004,1500\)") as caught:
            ask(file_id)
        assert "secret" not in str(caught.value)
    with pytest.raises(SourcePermissionError):
        list(remote.places_of(file_id))


def test_what_is_a_name_like_any_other(tmp_path: Path) -> None:
    names = ["a.b", "..a", "a..", "%2e%2e", "~", "-rf", "A B", "$HOME", "é", "#1?x=2&y"]
    folder = LocalFolder(str(tmp_path))
    for name in names:
        (tmp_path / name).write_text(name)
        assert folder.find((name,)) == folder.path_of((name,)) == str(tmp_path / name)
    urls = [RemoteFolder("https://host/set/").url_of((name, name)) for name in names]
    assert urls[3] == "https://host/set/%252e%252e/%252e%252e"
    assert urls[8] == "https://host/set/%C3%A9/%C3%A9"
    assert urls[9] == "https://host/set/%231%3Fx%3D2%26y/%231%3Fx%3D2%26y"


@pytest.mark.parametrize(
    ("on_disk", "file_id"),
    [
        ("A/IM1", ("A", "IM1")),
        ("a/im1", ("A", "IM1")),
        ("A/im1", ("A", "IM1")),
        ("a/IM1", ("A", "IM1")),
        ("A/IM1", ("a", "im1")),
        ("Images/Im1", ("IMAGES", "IM1")),
        ("A/IM1", ("A", "IM1;1")),
        ("a/im1", ("A", "IM1;1")),
        ("A/IM1;1", ("A", "IM1;1")),
        ("A/IM1;1", ("A", "IM1")),
        ("A/IM1.;1", ("A", "IM1")),
        ("a/im1.dcm;1", ("A", "IM1.DCM")),
        ("A/IM1", ("A/IM1",)),
        ("A/IM1", ("A\\IM1",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "\\".join(value),
)
def test_names_as_discs_get_them(on_disk: str, file_id: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / on_disk
    path.parent.mkdir()
    path.write_text("")
    assert os.path.samefile(LocalFolder(str(tmp_path)).find(file_id), path)


def test_the_exact_name_comes_first(tmp_path: Path) -> None:
    for name in ("im1", "Im1", "IM1", "IM1;1"):
        (tmp_path / name).write_text("")
    folder = LocalFolder(str(tmp_path))
    for name in ("im1", "Im1", "IM1", "IM1;1"):
        assert folder.find((name,)) == str(tmp_path / name)
    assert folder.find(("iM1",)) == str(tmp_path / "im1")
    assert folder.find(("IM1;2",)) == str(tmp_path / "IM1")


def test_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    folder = LocalFolder(str(tmp_path))
    for file_id in (("none",), ("none", "none"), ("folder",), ("file", "file"), ("folder", "none"), ("none" * 999,)):
        with pytest.raises(SourceNotFoundError, match=r"\(0004,1500\)") as caught:
            folder.find(file_id)
        assert "none" not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "IM1")
    with pytest.raises(SourceNotFoundError):
        LocalFolder(str(tmp_path)).find(("IM1",))


@pytest.mark.skipif(sys.platform == "win32", reason="links take rights there")
def test_links(tmp_path: Path) -> None:
    root, outside = tmp_path / "set", tmp_path / "set-2"
    (root / "A").mkdir(parents=True)
    outside.mkdir()
    for place in (root / "A" / "IM1", outside / "IM1"):
        place.write_text("")
    for name, target in {
        "inside": root / "A",
        "outside": outside,
        "up": tmp_path,
        "self": root,
        "back": outside / ".." / "set" / "A" / "IM1",
        "one": outside / "IM1",
        "dead": outside / "none",
        "loop": root / "loop",
    }.items():
        (root / name).symlink_to(target)
    folder = LocalFolder(str(root))
    assert folder.find(("inside", "IM1")) == str(root / "inside" / "IM1")
    assert folder.find(("back",)) == str(root / "back")
    assert folder.find(("self", "A", "IM1")) == str(root / "self" / "A" / "IM1")
    for file_id in (("outside", "IM1"), ("up", "set", "A", "IM1"), ("one",), ("dead",)):
        with pytest.raises(SourcePermissionError, match="outside"):
            folder.find(file_id)
    with pytest.raises(SourceNotFoundError):
        folder.find(("loop",))
    # The folder itself may be reached through a link.
    (tmp_path / "link").symlink_to(root)
    assert LocalFolder(str(tmp_path / "link")).find(("A", "IM1")) == str(tmp_path / "link" / "A" / "IM1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://host/set/DICOMDIR", "https://host/set/A/1%20"),
        ("https://host/set/DICOMDIR?X-Amz-Signature=a/b#c/d", "https://host/set/A/1%20"),
        ("https://host/DICOMDIR", "https://host/A/1%20"),
        ("https://host?a/b", "https://host/A/1%20"),
        ("https://me:secret@host/set/DICOMDIR", "https://host/set/A/1%20"),
        ("HTTP://host/a%20b/DICOMDIR", "HTTP://host/a%20b/A/1%20"),
        ("s3://bucket/set/DICOMDIR", "s3://bucket/set/A/1 "),
        ("s3://bucket/DICOMDIR", "s3://bucket/A/1 "),
        ("memory://DICOMDIR", "memory://A/1 "),
        ("zip://set/DICOMDIR::https://host/a.zip", "zip://set/A/1 ::https://host/a.zip"),
        ("zip://DICOMDIR::s3://bucket/a.zip", "zip://A/1 ::s3://bucket/a.zip"),
        ("simplecache::https://host/set/DICOMDIR?x", "simplecache::https://host/set/A/1%20"),
    ],
)
def test_urls(url: str, expected: str) -> None:
    folder = folder_around(url, None)
    assert isinstance(folder, RemoteFolder)
    assert folder.url_of(("A", "1 ")) == expected
    assert folder.path_of(("A", "1 ")) is None


def test_credentials_stay_with_the_place_and_out_of_its_name() -> None:
    folder = folder_around("https://me:secret@host/set/DICOMDIR", None)
    assert isinstance(folder, RemoteFolder)
    assert list(folder.places_of(("A",))) == ["https://me:secret@host/set/A"]
    chained = folder_around("zip://DICOMDIR::https://host/a.zip?signature=00", None)
    assert isinstance(chained, RemoteFolder)
    assert list(chained.places_of(("A",))) == ["zip://A::https://host/a.zip?signature=00"]
    assert chained.url_of(("A",)) == "zip://A::https://host/a.zip"


def test_versions_of_remote_files() -> None:
    folder = RemoteFolder("s3://bucket/set/")
    assert list(folder.places_of(("A;1", "B.;1"))) == ["s3://bucket/set/A;1/B.;1", "s3://bucket/set/A/B"]
    assert list(folder.places_of(("A", "B"))) == ["s3://bucket/set/A/B"]


def test_objects_of_filesystems_and_stores() -> None:
    memory, store = fsspec.filesystem("memory"), MemoryStore()
    for owner in (memory, store):
        for path, expected in {"set/DICOMDIR": "set/A/1", "DICOMDIR": "A/1", "/set/DICOMDIR": "/set/A/1"}.items():
            folder = folder_around((owner, path), None)
            assert isinstance(folder, RemoteFolder)
            assert list(folder.places_of(("A", "1"))) == [(owner, expected)]
            assert folder.url_of(("A", "1")) is None
        given = given_folder((owner, "set"))
        assert isinstance(given, RemoteFolder)
        assert list(given.places_of(("A", "1"))) == [(owner, "set/A/1")]


def test_what_is_on_the_disk_is_looked_at_there(tmp_path: Path) -> None:
    """However it was named: links must not lead outside."""
    path = tmp_path / "DICOMDIR"
    path.write_bytes(b"")
    local = fsspec.filesystem("file")
    opened = fsspec.open(str(path))
    with path.open("rb") as file, path.open("rb", buffering=0) as raw:
        for fp in (str(path), path, path.as_uri(), f"local://{path}", (local, str(path)), opened, file, raw):
            folder = folder_around(fp, None if isinstance(fp, tuple) else _source(fp))
            assert isinstance(folder, LocalFolder), fp
            assert folder.path_of(("A", "1")) == str(tmp_path / "A" / "1")
    for base in (str(tmp_path), tmp_path, tmp_path.as_uri(), f"local://{tmp_path}", (local, str(tmp_path))):
        given = given_folder(base)
        assert isinstance(given, LocalFolder)
        assert given.path_of(("A",)) == str(tmp_path / "A")


def _source(fp: Any) -> Any:
    try:
        return resolve_async(fp)
    except TypeError:  # it takes a session
        return None


def test_a_relative_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "DICOMDIR").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    folder = folder_around("DICOMDIR", _source("DICOMDIR"))
    given = given_folder(".")
    monkeypatch.chdir("/")
    for found in (folder, given):
        assert found is not None
        assert found.path_of(("A",)) == str(tmp_path / "A")


@pytest.mark.parametrize("base", [b"bytes", 5, ("a", "b"), ["a"]], ids=repr)
def test_what_is_no_base(base: Any) -> None:
    with pytest.raises(TypeError, match="base="):
        given_folder(base)


def test_given_urls() -> None:
    for base in ("https://host/set", "https://host/set/", "https://host/set?signature=00"):
        assert given_folder(base).url_of(("A",)) == "https://host/set/A"
    assert given_folder("https://host").url_of(("A",)) == "https://host/A"
    assert given_folder("s3://bucket").url_of(("A",)) == "s3://bucket/A"
    assert given_folder("zip://::s3://bucket/a.zip").url_of(("A",)) == "zip://A::s3://bucket/a.zip"


def test_pickles_hold_no_credential() -> None:
    plain = RemoteFolder("https://host/set/")
    assert copy.deepcopy(plain) is plain
    assert pickle.loads(pickle.dumps(plain)).url_of(("A",)) == "https://host/set/A"
    local = LocalFolder("/set")
    assert copy.deepcopy(local) is local
    assert pickle.loads(pickle.dumps(local)).path == "/set"
    kept = [
        RemoteFolder("https://me:secret@host/set/"),
        RemoteFolder("s3://bucket/set/", storage_options={"key": "secret"}),
        RemoteFolder("s3://bucket/set/", adicom.Session(storage_options={"key": "secret"})),
        RemoteFolder("zip://::https://host/a.zip?secret"),
        RemoteFolder((fsspec.filesystem("memory"), "secret/")),
    ]
    for folder in kept:
        data = pickle.dumps(folder)
        assert b"secret" not in data
        assert pickle.loads(data) is None
