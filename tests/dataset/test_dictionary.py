"""A dictionary of the caller's: what is read and made with it, against pydicom with the same added to its own."""

from __future__ import annotations

import copy
import json
import pickle
import random
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom._private_dict import private_dictionaries

import adicom
import adicom.sync
from adicom import DataDictionary, DataElement, Dataset, DeferredValueError, DicomWarning, Sequence
from adicom.dataset import FileMetaDataset
from tests.conftest import corpus_files, pydicom_files
from tests.made import EXPLICIT, IMPLICIT, Form, element, item, part10, sequence

ENTRIES = {
    0x10021001: ("DS", "1-n", "Acme Dose", "", "AcmeDose"),
    0x10021002: ("SQ", "1", "Acme Sequence", "", "AcmeSequence"),
    0x10021003: ("US", "1", "Acme Old Count", "Retired", "AcmeOldCount"),
    0x00081030: ("ST", "1", "Acme Study Text", "", "StudyDescription"),  # the standard says LO
}
PRIVATE = {
    "ACME": {
        0x00990001: ("US", "1", "Acme Counter"),
        0x00990002: ("SQ", "1", "Acme Items"),
        0x00990003: ("PN", "1", "Acme Operator"),
    },
    "OTHER": {0x00990001: ("DS", "1", "Other Number")},
    "SIEMENS MED NM": {0x00990001: ("IS", "1", "Nobody has published this")},
    "SIEMENS CSA HEADER": {0x00290008: ("LO", "1", "Not as published")},
}
FULL = {creator: {tag: (*entry, "") for tag, entry in entries.items()} for creator, entries in PRIVATE.items()}
COUNTER = b"12"  # a number in text, and in binary, too


@pytest.fixture
def words() -> DataDictionary:
    return DataDictionary(ENTRIES, PRIVATE)


# -- against pydicom ---------------------------------------------------------------------------------------------


class Maker:
    """Makes data sets at random: private blocks in all states, sequences of both kinds, nested."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)
        self.form = self.source.choice([EXPLICIT, IMPLICIT])

    def plain(self, tag: int, vr: str, value: str | bytes, form: Form) -> bytes:
        """Return an element, whose VR is UN now and then."""
        unknown = vr in ("US", "DS", "PN", "IS") and self.source.random() < 0.3
        raw = element(tag, vr, value, IMPLICIT)[8:]
        return element(tag, "UN" if unknown else vr, raw, form)

    def block(self, group: int, number: int, depth: int, form: Form) -> bytes:
        """Return the elements of a private block."""
        high = group << 16 | number << 8
        out = self.plain(high | 1, "US", COUNTER, form) if self.source.random() < 0.8 else b""
        if self.source.random() < 0.5:
            out += self.sequence(high | 2, depth, form)
        return out + (element(high | 3, "UN", "Doe^Jane", form) if self.source.random() < 0.5 else b"")

    def sequence(self, tag: int, depth: int, form: Form) -> bytes:
        """Return a sequence of up to two items."""
        # PS3.5 6.2.2: what is inside UN is Implicit VR.
        vr = "UN" if depth and self.source.random() < 0.3 else "SQ"
        inner = IMPLICIT if vr == "UN" else form
        number = self.source.randrange(3) if depth else 0
        undefined = number > 0 and self.source.random() < 0.5
        items = [item(self.content(depth - 1, inner), inner, undefined=undefined) for _ in range(number)]
        if vr == "UN":
            return element(tag, "UN", b"".join(items), form)
        return sequence(tag, items, form, undefined=undefined)

    def content(self, depth: int, form: Form) -> bytes:
        """Return the elements of a data set."""
        out = element(0x00081030, "LO", "Some text", form)
        creators = ["ACME", "ACME", "OTHER", "SIEMENS MED NM", "NOBODY", ""]
        reserved = [self.source.choice(creators) for _ in range(3)]
        for number, creator in enumerate(reserved, 0x10):
            out += element(0x00990000 | number, "LO", creator, form) if creator else b""
        for number in range(0x10, 0x13):
            out += self.block(0x0099, number, depth, form)
        out += self.plain(0x10021001, "DS", "1.5\\2", form)
        out += self.sequence(0x10021002, depth, form) if self.source.random() < 0.7 else b""
        return out + self.plain(0x10021003, "US", COUNTER, form)

    def made(self) -> bytes:
        """Return a data set with up to three levels of items."""
        return self.content(3, self.form)


def seen(dataset: Dataset, path: str = "") -> list[list[str]]:
    """Return what can be seen of each element, as :func:`tests.dataset.pydicom_words.seen` does."""
    found: list[list[str]] = []
    for each in dataset:
        value = len(each.value) if each.VR == "SQ" else repr(each.value)
        found.append([path, f"{int(each.tag):08X}", each.VR, each.name, each.keyword, str(value)])
        if each.VR == "SQ":
            for number, inside in enumerate(each.value):
                found += seen(inside, f"{path}/{int(each.tag):08X}[{number}]")
    return found


def answers_of_pydicom(data: list[tuple[bool, bytes]]) -> Any:
    question = {"entries": ENTRIES, "private": FULL, "data": [(implicit, each.hex()) for implicit, each in data]}
    script = Path(__file__).with_name("pydicom_words.py")
    done = subprocess.run(
        [sys.executable, str(script)], input=json.dumps(question), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_datasets_are_those_of_pydicom(words: DataDictionary) -> None:
    makers = [Maker(seed) for seed in range(120)]
    data = [(maker.form.implicit, maker.made()) for maker in makers]
    for (implicit, each), (elements, keywords) in zip(data, answers_of_pydicom(data), strict=True):
        ds = adicom.sync.read_dataset(each, implicit, True, dictionary=words)
        found = seen(ds)
        for mine, theirs in zip(found, elements, strict=True):
            if theirs[2] == "SQ" and theirs[3] == "Private tag data":
                mine[3] = theirs[3]  # pydicom forgets the creator of a private sequence of undefined length
        assert found == elements
        assert ds.dir("Acme") == keywords


def as_pydicom_has_them() -> DataDictionary:
    """Return a dictionary with all private elements that pydicom knows."""
    usable = re.compile("...[13579BDF](xx|[0-9A-F]{2})[0-9A-F]{2}|..xxxx..")  # its tables have some that match nothing
    words = DataDictionary()
    for creator, entries in private_dictionaries.items():
        known = {mask: entry for mask, entry in entries.items() if usable.fullmatch(mask)}
        words.add_private_entries(
            creator, {mask: (VR.replace("_", " or "), *rest) for mask, (VR, *rest) in known.items()}
        )
    return words


def private_ones(dataset: Any) -> dict[int, tuple[str, str]]:
    """Return VR and name of the private elements at the top level that somebody has described."""
    elements = [dataset[tag] for tag in dataset.keys() if tag.is_private]  # noqa: SIM118  # it is iterated by element
    found = {int(each.tag): (str(each.VR), each.name) for each in elements}
    return {tag: seen for tag, seen in found.items() if seen[1].startswith("[")}


def test_private_elements_of_the_corpus(corpus: Path) -> None:
    words = as_pydicom_has_them()
    compared = changed = 0
    for path in [*pydicom_files(), *corpus_files()]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = private_ones(pydicom.dcmread(path, stop_before_pixels=True))
                ours, plain = adicom.sync.dcmread(path, dictionary=words), adicom.sync.dcmread(path)
            except Exception:  # noqa: BLE001  # files that one of the two refuses are other tests' matter
                continue
            mine, without = private_ones(ours), private_ones(plain)
        assert {tag: mine.get(tag) for tag in theirs} == theirs, path.name
        compared += len(theirs)
        changed += sum(without.get(tag) != seen for tag, seen in theirs.items())
    assert compared > 500
    assert changed > 50  # what is added stands in for what adicom knows


# -- reading -----------------------------------------------------------------------------------------------------


def two_blocks(form: Form = IMPLICIT) -> bytes:
    """Return a data set with two blocks of one creator, one of another, and an item that reserves them otherwise."""
    # PS3.5 6.2.2: what is inside UN is Implicit VR.
    inside = element(0x00990010, "LO", "OTHER", IMPLICIT) + element(0x00990011, "LO", "ACME", IMPLICIT)
    inside += element(0x00991001, "UN", "1.5 ", IMPLICIT) + element(0x00991101, "UN", b"\7\0", IMPLICIT)
    out = element(0x00990010, "LO", "ACME", form) + element(0x00990011, "LO", "ACME", form)
    out += element(0x00990012, "LO", "OTHER", form)
    out += element(0x00991001, "UN", b"\5\0", form) + element(0x00991002, "UN", item(inside, IMPLICIT), form)
    out += element(0x00991101, "UN", b"\6\0", form) + element(0x00991201, "UN", "2.5 ", form)
    return out + element(0x00991301, "UN", b"\x08\0", form) + element(0x10021001, "UN", "1\\2 ", form)


async def read(data: bytes, **keywords: Any) -> adicom.FileDataset:
    return await adicom.dcmread(part10(data, IMPLICIT.syntax), **keywords)


@pytest.mark.anyio
async def test_every_block_by_its_creator(words: DataDictionary) -> None:
    ds = await read(two_blocks(), dictionary=words)
    assert (ds[0x00991001].value, ds[0x00991101].value, ds[0x00991201].value) == (5, 6, 2.5)
    assert (ds[0x00991301].VR, ds[0x00991301].name) == ("UN", "Private tag data")
    (inner,) = ds[0x00991002].value
    assert (inner[0x00991001].value, inner[0x00991101].value) == (1.5, 7)
    assert inner[0x00991101].name == "[Acme Counter]"
    assert ds[0x00991101].private_creator == "ACME"
    assert ds.AcmeDose == [1, 2]
    assert ds.dictionary is inner.dictionary is words


@pytest.mark.anyio
async def test_without_it_nothing_is_known() -> None:
    ds = await read(two_blocks())
    assert {each.VR for each in ds if each.tag.element > 0xFF} == {"UN"}
    assert not hasattr(ds, "AcmeDose")
    assert ds.dictionary is None


@pytest.mark.anyio
async def test_all_ways_to_read(words: DataDictionary, tmp_path: Path) -> None:
    path = tmp_path / "acme.dcm"
    path.write_bytes(part10(two_blocks(), IMPLICIT.syntax))
    async with adicom.open_dicom(path, dictionary=words) as dcm:
        assert dcm.dataset.AcmeDose == [1, 2]
    assert (await adicom.read_partial(path, dictionary=words)).AcmeDose == [1, 2]
    assert (await adicom.read_dataset(two_blocks(), True, True, dictionary=words)).AcmeDose == [1, 2]
    assert adicom.sync.dcmread(path, dictionary=words).AcmeDose == [1, 2]
    assert adicom.sync.read_partial(path, dictionary=words).AcmeDose == [1, 2]
    assert (await adicom.dcmread(path, dictionary=words)).file_meta.dictionary is words


@pytest.mark.anyio
async def test_specific_tags_by_keywords_of_ones_own(words: DataDictionary) -> None:
    wanted = ["AcmeDose", (0x0099, "ACME", 0x01)]
    ds = await read(two_blocks(), dictionary=words, specific_tags=wanted)
    assert list(ds.keys()) == [0x00991001, 0x00991101, 0x10021001]
    assert (ds[0x00991101].value, ds[0x00991101].name) == (6, "[Acme Counter]")
    with pytest.raises(ValueError, match="AcmeDose"):
        await read(two_blocks(), specific_tags=wanted)


def test_an_ambiguous_vr_takes_pixel_representation_along() -> None:
    words = DataDictionary({0x10021004: ("US or SS", "1", "Acme Level", "", "AcmeLevel")})
    data = element(0x00280103, "US", b"\1\0", IMPLICIT) + element(0x10021004, "SS", b"\xff\xff", IMPLICIT)
    ds = adicom.sync.read_dataset(data, True, True, dictionary=words, specific_tags=["AcmeLevel"])
    assert (ds["AcmeLevel"].VR, ds.AcmeLevel) == ("SS", -1)


@pytest.mark.anyio
async def test_no_dictionary_of_another_kind() -> None:
    with pytest.raises(TypeError, match="DataDictionary, not dict"):
        await read(two_blocks(), dictionary={})
    with pytest.raises(TypeError, match="DataDictionary, not dict"):
        Dataset().dictionary = {}  # type: ignore[assignment]  # the point of the test
    # Events tell what the file and the standard say: what they are called is looked up by whoever takes them.
    with pytest.raises(TypeError, match="dictionary"):
        adicom.iter_events(b"", dictionary=DataDictionary())  # type: ignore[call-arg]  # the point of the test


@pytest.mark.anyio
@pytest.mark.parametrize("form", [EXPLICIT, IMPLICIT])
async def test_a_deferred_sequence(words: DataDictionary, form: Form, tmp_path: Path) -> None:
    path = tmp_path / "acme.dcm"
    path.write_bytes(part10(two_blocks(form), form.syntax))
    ds = await adicom.dcmread(path, dictionary=words, defer_size=8, load_on_access=False)
    assert (ds[0x00991002].VR, ds[0x00991002].is_deferred) == ("SQ", True)
    assert 0x00991101 in [each.tag for each in ds.iterall()]
    ds.walk(lambda _, each: None)
    ds.decode()
    assert "[Acme Items]" in str(ds)
    with pytest.raises(DeferredValueError):
        ds[0x00991002].value  # noqa: B018  # the look is the test
    (inner,) = await ds.fetch(0x00991002)
    assert [each.name for each in inner][2:] == ["[Other Number]", "[Acme Counter]"]
    assert inner.dictionary is words
    now = adicom.sync.dcmread(path, dictionary=words, defer_size=8)
    assert now[0x00991002].value[0][0x00991101].value == 7


def test_a_private_sequence_in_an_item_knows_its_creator() -> None:
    creator = element(0x00290010, "LO", "SIEMENS MEDCOM HEADER")
    for content in ([], [item(undefined=True)]):
        inner = creator + sequence(0x00291040, content, undefined=True)
        data = sequence(0x00081140, [item(inner, undefined=True)], undefined=True)
        ds = adicom.sync.read_dataset(data, False, True)
        found = ds.ReferencedImageSequence[0][0x00291040]
        assert (found.private_creator, found.name) == ("SIEMENS MEDCOM HEADER", "[Application Header Sequence]")


# -- copies ------------------------------------------------------------------------------------------------------


def copies(ds: Dataset) -> list[Dataset]:
    return [
        copy.copy(ds),
        copy.deepcopy(ds),
        pickle.loads(pickle.dumps(ds)),
        Dataset(ds),
        ds[0x00990000:0x20000000],
        Dataset(ds)[0x00990000:0x20000000],
    ]


def test_copies_keep_it(words: DataDictionary) -> None:
    expected = seen(adicom.sync.read_dataset(two_blocks(), True, True, dictionary=words))
    for looked_at in (False, True):
        ds = adicom.sync.read_dataset(two_blocks(), True, True, dictionary=words)
        if looked_at:
            ds.check()
        for twin in copies(ds):
            assert seen(twin) == expected
            assert twin.AcmeDose == [1, 2]


def test_copies_of_what_was_made_keep_it(words: DataDictionary) -> None:
    ds = made(words)
    for twin in copies(ds):
        assert seen(twin) == seen(ds)
        twin.AcmeOldCount = 3
        assert (twin["AcmeOldCount"].VR, twin["AcmeOldCount"].name) == ("US", "Acme Old Count")
    assert "AcmeOldCount" not in ds
    assert copy.deepcopy(ds).dictionary is words


def test_a_pickle_is_loaded_by_another_process(words: DataDictionary) -> None:
    ds = adicom.sync.read_dataset(two_blocks(), True, True, dictionary=words)
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer))"
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(ds), capture_output=True, check=True)
    assert done.stdout.decode().rstrip() == str(ds)
    assert "[Acme Counter]" in str(ds)


# -- datasets made by hand ---------------------------------------------------------------------------------------


def made(words: DataDictionary) -> Dataset:
    """Return a dataset that was not read."""
    ds = Dataset(dictionary=words)
    ds.AcmeDose = ["1.5", "2"]
    ds.add_new_private("ACME", 0x0099, 0x01, 5)
    ds.private_block(0x0099, "ACME").add_new(0x03, None, "Doe^Jane")
    item = Dataset({"AcmeDose": "3"}, dictionary=words)
    ds.AcmeSequence = [item]
    return ds


def test_made_by_hand(words: DataDictionary) -> None:
    ds = made(words)
    assert [(each.tag, each.VR, each.name) for each in ds] == [
        (0x00990010, "LO", "Private Creator"),
        (0x00991001, "US", "[Acme Counter]"),
        (0x00991003, "PN", "[Acme Operator]"),
        (0x10021001, "DS", "Acme Dose"),
        (0x10021002, "SQ", "Acme Sequence"),
    ]
    assert ds.AcmeSequence[0].AcmeDose == 3
    assert ds["AcmeSequence"].value[0]["AcmeDose"].name == "Acme Dose"


def test_everything_that_takes_a_keyword(words: DataDictionary) -> None:
    ds = made(words)
    assert ds["AcmeDose"].keyword == "AcmeDose"
    assert "AcmeDose" in ds
    assert ds.get("AcmeDose") == [1.5, 2]
    assert ds.get_item("AcmeDose") is ds.data_element("AcmeDose") is ds["AcmeDose"]
    assert ds.dir() == ["AcmeDose", "AcmeSequence"]
    assert "AcmeDose" in dir(ds)
    ds.AcmeDose = 4
    assert ds[0x10021001].value == 4
    assert ds.pop("AcmeDose").value == 4
    ds.add_new("AcmeDose", "DS", "5")
    del ds["AcmeDose"]
    assert ds.setdefault("AcmeDose", "6").VR == "DS"
    del ds.AcmeDose
    ds["AcmeDose"] = DataElement(0x10021001, "DS", "7")
    ds.update({"AcmeOldCount": 8})
    assert (ds.AcmeDose, ds.AcmeOldCount) == (7, 8)
    assert ds["AcmeOldCount"].is_retired
    assert not ds["AcmeDose"].is_retired
    assert "Acme Old Count" in ds.top()
    assert any("Acme Old Count" in line for line in ds.formatted_lines())
    with pytest.raises(KeyError):
        ds["AcmeNothing"]
    with pytest.raises(AttributeError, match="AcmeNothing"):
        ds.AcmeNothing  # noqa: B018  # the look is the test
    with pytest.warns(DicomWarning, match="AcmeNothing"):
        ds.AcmeNothing = 1


def test_raw_elements_by_keyword(words: DataDictionary) -> None:
    ds = adicom.sync.read_dataset(two_blocks(), True, True, dictionary=words)
    ds.update_raw_element("AcmeDose", value=b"9 ")
    assert ds.AcmeDose == 9


def test_a_private_element_nobody_knows(words: DataDictionary) -> None:
    ds = made(words)
    with pytest.raises(KeyError, match="give its VR"):
        ds.private_block(0x0099, "ACME").add_new(0x44, None, 1)
    with pytest.raises(KeyError, match="give its VR"):
        ds.add_new_private("NOBODY", 0x0099, 0x01, 1)
    # What vendors have published is still known.
    ds.add_new_private("SIEMENS CSA HEADER", 0x0029, 0x10, b"1")
    assert ds[0x00291010].VR == "OB"
    ds.add_new_private("SIEMENS CSA HEADER", 0x0029, 0x08, "text")
    assert (ds[0x00291008].VR, ds[0x00291008].name) == ("LO", "[Not as published]")


def test_it_can_be_given_later(words: DataDictionary) -> None:
    ds = adicom.sync.read_dataset(two_blocks(), True, True)
    by_hand = Dataset()
    by_hand.add_new(0x10021001, "DS", "1.5")
    by_hand.PatientWeight = 1
    ds.ReferencedImageSequence = [by_hand, Dataset()]
    ds[0x00991101].value  # noqa: B018  # what was looked at keeps its VR, but not its name
    twin = ds.copy()
    ds.dictionary = words
    assert (ds[0x00991101].VR, ds[0x00991101].name) == ("UN", "[Acme Counter]")
    assert ds[0x00991001].value == 5
    assert by_hand.AcmeDose == 1.5
    assert by_hand["AcmeDose"].name == "Acme Dose"
    assert ds.ReferencedImageSequence[1].dictionary is words
    assert twin.dictionary is None
    assert twin[0x00991001].VR == "UN"
    ds.dictionary = None
    assert not hasattr(ds, "AcmeDose")
    assert not hasattr(by_hand, "AcmeDose")
    assert ds[0x00991101].name == "Private tag data"
    assert ds[0x00991101].private_creator == "ACME"


def test_items_go_on_to_share_their_place(words: DataDictionary) -> None:
    data = sequence(0x00081140, [item(element(0x00100020, "LO", str(number))) for number in range(3)])
    ds = adicom.sync.read_dataset(data, False, True)
    before = {id(each._place) for each in ds.ReferencedImageSequence}
    ds.dictionary = words
    after = {id(each._place) for each in ds.ReferencedImageSequence}
    assert len(before) == len(after) == 1
    assert [each.PatientID for each in ds.ReferencedImageSequence] == ["0", "1", "2"]


def test_attributes_stay_when_it_is_given(words: DataDictionary) -> None:
    ds = Dataset()
    ds.is_implicit_VR = True
    ds.dictionary = words
    assert ds.is_implicit_VR
    ds.my_note = 1
    assert copy.deepcopy(ds).dictionary is words
    assert FileMetaDataset(dictionary=words).dictionary is words


def test_deep_nesting(words: DataDictionary) -> None:
    ds = Dataset(dictionary=words)
    for _ in range(256):
        around = Dataset()
        around.add_new(0x10021002, "SQ", Sequence([ds]))
        ds = around
    ds.dictionary = words
    twin = pickle.loads(pickle.dumps(copy.deepcopy(ds)))
    depth = 0
    while "AcmeSequence" in twin:
        (twin,) = twin.AcmeSequence
        depth += 1
    assert depth == 256


def test_what_is_added_later_is_seen(words: DataDictionary) -> None:
    ds = made(words)
    ds.add_new(0x10021005, "LO", "x")
    assert ds[0x10021005].name == ""
    words.add(0x10021005, "LO", "AcmeLate", "Acme Late")
    assert ds[0x10021005].name == "Acme Late"
    assert ds.AcmeLate == "x"


def test_the_creator_of_an_element_can_be_set(words: DataDictionary) -> None:
    ds = made(words)
    ds[0x00991001].private_creator = "OTHER"
    assert ds[0x00991001].name == "[Other Number]"
    loose = DataElement(0x00991001, "US", 1)
    assert (loose.private_creator, loose.name) == (None, "Private tag data")
    loose.private_creator = "SIEMENS MED NM"
    assert loose.private_creator == "SIEMENS MED NM"
