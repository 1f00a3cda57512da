"""What each transform does at its edges, and what it refuses."""

from __future__ import annotations

import pytest

import adicom
import adicom.sync
from adicom.errors import EncodeError
from adicom.rewriting import (
    DefinedLengths,
    Delete,
    KeepOnly,
    Map,
    OffsetTable,
    RemovePrivate,
    ReplaceUIDs,
    Run,
    Set,
    ToSyntax,
    Transform,
    UndefinedLengths,
    transform,
)
from adicom.rewriting.report import Changes
from tests import made, oracle
from tests.rewriting.rewritten import changed_events, read, reported, rewritten

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")

SEQUENCE, INNER = 0x00081140, 0x0040A730


def file(*elements: bytes, syntax: str = made.EXPLICIT_LE) -> bytes:
    return made.part10(b"".join(elements), syntax)


# -- lengths around a change --------------------------------------------------------------------------------------


def two_items(*, first: bool = False, second: bool = False, outer: bool = False, name: str = "OLD") -> bytes:
    """Return a sequence of two items, each with a sequence; the lengths of some of them undefined."""
    items = [
        made.item(
            made.sequence(INNER, [made.item(made.element(0x00080100, "SH", code), undefined=u)], undefined=u),
            undefined=u,
        )
        for code, u in ((name, first), ("KEEP", second))
    ]
    return made.sequence(SEQUENCE, items, undefined=outer)


def test_only_what_is_around_a_change_gets_undefined_length() -> None:
    change = Map(lambda element: "NEW" if element.value == "OLD" else element, tag="CodeValue")
    tail = made.sequence(0x00081115, [made.item(made.element(0x0020000E, "UI", "1.2"))])
    data = file(tail, two_items())
    assert rewritten(data, change) == file(tail, two_items(first=True, outer=True, name="NEW"))
    assert rewritten(data, Set("CodeValue", "NEW", within=((SEQUENCE, 0), (INNER, 0)))) == rewritten(data, change)
    assert rewritten(data, Map(lambda element: element.value)) == data


def test_what_is_long_gets_it_where_a_change_may_be() -> None:
    """256 KiB are held back; what is longer is only touched where something may be."""
    long = made.element(0x00204000, "LT", "x" * 60_000)
    items = [made.item(long) for _ in range(6)]
    data = file(made.sequence(SEQUENCE, items), made.element(0x00100010, "PN", "Doe"))
    opened = file(made.sequence(SEQUENCE, items, undefined=True), made.element(0x00100010, "PN", "Doe"))
    assert rewritten(data, Delete("PatientID", within=())) == data
    assert rewritten(data, Set("CodeValue", "1", within="BeamSequence")) == data
    assert rewritten(data, Delete("PatientID")) == opened
    assert rewritten(opened, Delete("PatientID")) == opened
    lengths = made.element(0x00080000, "UL", made.numbers("L", 0))
    with_lengths = file(made.sequence(SEQUENCE, [made.item(lengths + long)] * 6))
    assert rewritten(with_lengths, Delete("PatientID", within=())) == with_lengths
    assert b"\x08\0\0\0UL" not in rewritten(with_lengths, Delete("PatientID"))


def test_group_lengths_go() -> None:
    length = made.element(0x00080000, "UL", made.numbers("L", 10))
    rest = made.element(0x00080060, "CS", "CT"), made.element(0x00100010, "PN", "Doe")
    data = file(length, *rest)
    assert rewritten(data) == data
    out, report = reported(data, Delete("PatientID"))
    assert out == file(*rest)
    assert [(change.transform, change.tag) for change in report.changes] == [("GroupLengths", 0x00080000)]


def test_the_length_of_the_file_meta_information_is_right() -> None:
    for change in (
        ReplaceUIDs({"2.25.1": "2.25.12345"}),
        Set("MediaStorageSOPInstanceUID", "2.25.12345"),
        Set("SourceApplicationEntityTitle", "HERE"),
        Set("PrivateInformation", b"12"),
        Delete("ImplementationClassUID"),
    ):
        out = rewritten(file(made.element(0x00080018, "UI", "2.25.1")), change)
        end = out.index(b"\x08\0\x18\0UI")
        assert int.from_bytes(out[140:144], "little") == end - 144
        assert read(out).file_meta.FileMetaInformationGroupLength == end - 144
    without = bytes(128) + b"DICM" + made.file_meta(group_length=None) + made.element(0x00080060, "CS", "CT")
    assert read(rewritten(without, Set("Modality", "MR"), Delete("ImplementationClassUID"))).Modality == "MR"
    wrong = bytes(128) + b"DICM" + made.file_meta(group_length=4) + made.element(0x00080060, "CS", "CT")
    assert rewritten(wrong, Delete("PatientID")) == wrong


def test_a_directory_is_refused() -> None:
    records = made.sequence(0x00041220, [made.item(made.element(0x00041430, "CS", "PATIENT"))])
    data = file(made.element(0x00041200, "UL", made.numbers("L", 400)), records)
    assert rewritten(data) == data
    with pytest.raises(EncodeError, match="DICOMDIR"):
        rewritten(data, RemovePrivate())


def test_what_is_too_long_for_a_defined_length_is_refused() -> None:
    """The first pass counts what headers announce; so no 4 GiB are needed."""
    run = Run("DefinedLengths", Changes())
    run.measuring = True
    encoding = adicom.parser.Encoding(implicit_vr=False, little_endian=True)
    tag, path = adicom.Tag(SEQUENCE), ((SEQUENCE, 0),)
    for length, fails in ((2**32 - 2 - 12, False), (2**32 - 12, True)):
        stage = DefinedLengths().start(run)
        for event in (
            adicom.SequenceStart(0, (), encoding, tag, "SQ", made.UNDEFINED),
            adicom.ItemStart(0, path, encoding, 0, made.UNDEFINED),
            adicom.ValueStart(0, path, encoding, adicom.Tag("PixelData"), "OW", length),
            adicom.ValueEnd(0, path, encoding, adicom.Tag("PixelData")),
        ):
            assert list(stage.feed(event)) == [event]
        end = adicom.ItemEnd(0, path, encoding, 0, 0)
        if fails:
            with pytest.raises(EncodeError, match="4294967296 bytes are too many for a defined length"):
                stage.feed(end)
        else:
            stage.feed(end)
            with pytest.raises(EncodeError, match="4294967302 bytes"):
                stage.feed(adicom.SequenceEnd(0, (), encoding, tag, 0))


# -- Set ----------------------------------------------------------------------------------------------------------


def test_set_puts_an_element_where_it_belongs() -> None:
    a, b, c = (made.element(tag, "LO", "x") for tag in (0x00080070, 0x00100020, 0x00204000))
    for tag, wanted in ((0x00080060, 0), (0x00100010, 1), (0x00180015, 2), (0x00400275, 3)):
        vr = "SQ" if tag == 0x00400275 else "CS"
        new = Set(tag, [] if vr == "SQ" else "Y", vr=vr)
        mine = made.sequence(tag) if vr == "SQ" else made.element(tag, vr, "Y")
        parts = [a, b, c]
        parts.insert(wanted, mine)
        assert rewritten(file(a, b, c), new) == file(*parts)
    assert rewritten(file(), Set("PatientID", "x")) == file(b)
    assert rewritten(file(a, c, b, b), Set("PatientID", "yy")) == file(a, made.element(0x00100020, "LO", "yy"), c)


def test_set_writes_in_the_form_and_the_character_set_that_is_there() -> None:
    name = "Яков"
    inside = Set("PatientName", name, within="ReferencedImageSequence")
    item = made.item(made.element(0x00080005, "CS", "ISO_IR 144"), undefined=True)
    data = file(made.element(0x00080005, "CS", "ISO_IR 192"), made.sequence(SEQUENCE, [item], undefined=True))
    expected = made.element(0x00080005, "CS", "ISO_IR 144") + made.element(0x00100010, "PN", name.encode("iso8859_5"))
    assert made.item(expected, undefined=True) in rewritten(data, inside)
    assert made.element(0x00100010, "PN", name.encode()) in rewritten(data, Set("PatientName", name))
    # PS3.5 6.2.2: what is in UN is Implicit VR Little Endian.
    odd = made.sequence(0x00091001, [made.item(undefined=True)], made.BIG, undefined=True, vr="UN")[:12]
    odd += made.item(made.element(0x00100020, "LO", "1", made.IMPLICIT), made.IMPLICIT, undefined=True)
    odd += made.header(made.SEQUENCE_END, "", 0)
    big = file(odd, syntax=made.EXPLICIT_BE)
    out = rewritten(big, Set("Rows", 258, within=(0x00091001,)), Set("Columns", 258))
    assert made.element(0x00280010, "US", b"\2\1", made.IMPLICIT) in out
    assert made.element(0x00280011, "US", b"\1\2", made.BIG) in out


def test_set_of_a_sequence_with_datasets() -> None:
    item = adicom.Dataset()
    item.CodeValue, item.CodeMeaning = "1", "Größe"
    change = Set("ConceptNameCodeSequence", [item])
    for form in made.FORMS:
        ds = read(rewritten(made.part10(made.small(form), form.syntax), change))
        assert (ds.ConceptNameCodeSequence[0].CodeMeaning, ds.PatientID) == ("Größe", "4711")
    ds = read(rewritten(made.deflated(made.small()), change))
    assert ds.ConceptNameCodeSequence[0].CodeMeaning == "Größe"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0x00020010, made.IMPLICIT_LE), "use ToSyntax"),
        ((0x00020000, 1), "set right by itself"),
        (("SpecificCharacterSet", "ISO_IR 192"), "all texts would have to be written anew"),
        ((0x00091002, "x"), "needs its VR"),
        (("SmallestImagePixelValue", 1), "US or SS"),
        (("PatientID", "x", "ZZ"), "no Value Representation"),
        ((0xFFFEE000, ""), "delimiter"),
        ((0x00080000, 1), "group length"),
        (("PatientsName", "x"), "keyword"),
        ((5, "x"), "no tag"),
    ],
)
def test_set_refuses(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Set(*arguments)  # type: ignore[arg-type]  # what is tried


def test_set_checks_what_it_can_at_once() -> None:
    with pytest.raises(EncodeError) as caught:
        Set("Rows", "many")
    assert (caught.value.tag, caught.value.value) == (0x00280010, "many")
    assert "many" not in str(caught.value)
    for within in (None, ("ReferencedImageSequence",)):
        with pytest.raises(ValueError, match="within"):
            Set("MediaStorageSOPInstanceUID" if within else "PatientID", "1", within=within)
    with pytest.raises(ValueError, match="number of an item"):
        Set("PatientID", "1", within=(("ReferencedImageSequence", -1),))


# -- Delete, KeepOnly ---------------------------------------------------------------------------------------------


def test_repeating_groups_have_masks() -> None:
    overlay = [made.element(0x60000010 | group << 16, "US", b"\1\0") for group in (0, 2, 0x1E)]
    data = [made.element(0x60003000 | group << 16, "OW", b"\1\0") for group in (0, 2, 0x1E)]
    elements = [part for pair in zip(overlay, data, strict=True) for part in pair]
    assert rewritten(file(*elements), Delete("60xx3000")) == file(*overlay)
    assert rewritten(file(*elements), Delete("60xxxxxx")) == file()
    assert rewritten(file(*elements), KeepOnly("60xx3000")) == file(*data)


def test_what_others_are_read_with_stays() -> None:
    for name in ("SpecificCharacterSet", "TransferSyntaxUID", 0x00020000, "0008xxxx"):
        with pytest.raises(ValueError, match="cannot be deleted"):
            Delete(name)
    charset, creator = made.element(0x00080005, "CS", "ISO_IR 100"), made.element(0x00090010, "LO", "ACME")
    private, other = made.element(0x00091001, "LO", "x"), made.element(0x00091101, "LO", "y")
    data = file(charset, creator, made.element(0x00090011, "LO", "B"), private, other)
    assert rewritten(data, KeepOnly(0x00091001)) == file(charset, creator, private)
    for kind in (Delete, KeepOnly):
        with pytest.raises(ValueError, match="one tag or keyword at least"):
            kind()


def test_long_values_and_fragments_are_left_out_whole() -> None:
    text = made.element(0x00204000, "UT", "x" * 200_000)
    pixels = made.encapsulated([b"ab" * 50_000, b"cd"])
    rest = made.element(0x00100010, "PN", "Doe")
    data = file(rest, text, pixels, made.element(0xFFFCFFFC, "OB", bytes(2)))
    change = Delete("ImageComments", "PixelData")
    assert rewritten(data, change) == file(rest, made.element(0xFFFCFFFC, "OB", bytes(2)))
    pieces = [data[at : at + 1000] for at in range(0, len(data), 1000)]
    assert changed_events(pieces, change) == rewritten(data, change)


# -- ReplaceUIDs --------------------------------------------------------------------------------------------------


def test_uids_that_name_no_object_are_spared() -> None:
    elements = (
        made.element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7"),
        made.element(0x0008010C, "UI", "2.16.840.1.113883.6.96"),
        made.element(0x00080058, "UI", "1.2.3\\1.2.840.10008.1.1\\1.2.4"),
    )
    asked: list[str] = []

    def new(uid: str) -> str:
        asked.append(uid)
        return uid + ".9"

    ds = read(rewritten(file(*elements), ReplaceUIDs(new)))
    assert asked == ["2.25.1", "1.2.3", "1.2.4"]
    assert ds.FailedSOPInstanceUIDList == ["1.2.3.9", "1.2.840.10008.1.1", "1.2.4.9"]
    assert ds.file_meta.MediaStorageSOPInstanceUID == "2.25.1.9"
    data = file(*elements)
    assert rewritten(data, ReplaceUIDs({})) == rewritten(data, ReplaceUIDs(lambda uid: None)) == data


@pytest.mark.parametrize("uid", ["", "1.2.", "x", "1" * 65, 7])
def test_what_replaces_a_uid_must_be_one(uid: object) -> None:
    with pytest.raises(EncodeError, match=r"is none.*\(0002,0003\)") as caught:
        rewritten(file(), ReplaceUIDs({"2.25.1": uid}))  # type: ignore[dict-item]  # that is the point
    assert caught.value.value == uid
    with pytest.raises(TypeError, match="a mapping or a function"):
        ReplaceUIDs("1.2")  # type: ignore[arg-type]  # that is the point


# -- Map ----------------------------------------------------------------------------------------------------------


def test_map_takes_what_all_conditions_name() -> None:
    data = file(
        made.sequence(SEQUENCE, [made.item(made.element(0x00100020, "LO", "in"))]),
        made.element(0x00090010, "LO", "ACME"),
        made.element(0x00090011, "LO", "OTHER"),
        made.element(0x00091001, "LO", "mine"),
        made.element(0x00091101, "LO", "theirs"),
        made.element(0x00100010, "PN", "Doe"),
        made.element(0x00100020, "LO", "top"),
    )

    def seen(**conditions: object) -> list[str]:
        found: list[str] = []

        def note(element: adicom.DataElement) -> object:
            found.append(str(element.value))
            return element

        assert rewritten(data, Map(note, **conditions)) == data  # type: ignore[arg-type]  # keywords of all kinds
        return found

    assert seen() == ["in", "mine", "theirs", "Doe", "top"]
    assert seen(vr="LO") == ["in", "mine", "theirs", "top"]
    assert seen(vr=["PN", "DA"]) == ["Doe"]
    assert seen(tag="PatientID") == ["in", "top"]
    assert seen(tag=["PatientID", (0x0010, 0x0010)]) == ["in", "Doe", "top"]
    assert seen(tag=(0x0010, 0x0010)) == ["Doe"]
    assert seen(tag=0x00090010) == ["ACME"]
    assert seen(path=()) == ["mine", "theirs", "Doe", "top"]
    assert seen(path="ReferencedImageSequence") == seen(path=((SEQUENCE, 0),)) == ["in"]
    assert seen(creator="ACME") == ["mine"]
    assert seen(creator="ACME", vr="PN") == seen(path=((SEQUENCE, 1),)) == []


def test_map_takes_values_elements_and_none() -> None:
    elements = made.element(0x00100010, "PN", "Doe"), made.element(0x00280010, "US", b"\1\0")
    data = file(*elements)
    assert rewritten(data, Map(lambda element: None, vr="PN")) == file(elements[1])
    assert rewritten(data, Map(lambda element: "", vr="PN")) == file(made.element(0x00100010, "PN"), elements[1])
    assert rewritten(data, Map(lambda element: element.value + 1, tag="Rows")) == file(
        elements[0], made.element(0x00280010, "US", b"\2\0")
    )
    other = Map(lambda element: adicom.DataElement(element.tag, "UL", 5), tag="Rows")
    assert rewritten(data, other) == file(elements[0], made.element(0x00280010, "UL", made.numbers("L", 5)))

    def in_place(element: adicom.DataElement) -> adicom.DataElement:
        element.value[0] = "9"
        return element

    several = file(made.element(0x00280030, "DS", "1.50\\2.50"))
    assert rewritten(several, Map(lambda element: element, vr="DS")) == several
    assert rewritten(several, Map(in_place, vr="DS")) == file(made.element(0x00280030, "DS", "9\\2.50"))


def test_map_knows_what_un_is_and_leaves_it_that() -> None:
    known = made.element(0x00280010, "UN", b"\1\0", made.BIG)
    data = file(known, made.element(0x00280011, "US", b"\0\1", made.BIG), syntax=made.EXPLICIT_BE)
    out = rewritten(data, Map(lambda element: element.value + 1, vr="US"))
    assert out == file(
        made.element(0x00280010, "UN", b"\2\0", made.BIG),
        made.element(0x00280011, "US", b"\0\2", made.BIG),
        syntax=made.EXPLICIT_BE,
    )


def test_map_takes_long_values_up_to_its_limit() -> None:
    text = "x" * 100_000
    data = file(made.element(0x00204000, "UT", text))
    change = Map(lambda element: element.value[:10], tag="ImageComments")
    assert rewritten(data, change) == file(made.element(0x00204000, "UT", text[:10]))
    with pytest.raises(EncodeError, match=r"100000 bytes, and takes 99999 into memory.*\(0020,4000\)"):
        rewritten(data, Map(lambda element: "", tag="ImageComments", longest=99_999))
    with pytest.raises(EncodeError, match="too long for VR LT: 65535"):
        rewritten(data, Map(lambda e: adicom.DataElement(e.tag, "LT", e.value), tag="ImageComments"))


def test_map_refuses() -> None:
    for wrong in ({"tag": "SpecificCharacterSet"}, {"tag": "MediaStorageSOPInstanceUID"}, {"vr": "SQ"}, {"vr": "no"}):
        with pytest.raises(ValueError, match=r"Specific Character Set|Value Representation"):
            Map(lambda element: element, **wrong)  # type: ignore[arg-type]  # keywords of all kinds
    with pytest.raises(TypeError, match="a function"):
        Map("PatientID")  # type: ignore[arg-type]  # that is the point
    data = file(made.element(0x00100010, "PN", "Doe"))
    with pytest.raises(EncodeError, match=r"another tag.*\(0010,0010\)"):
        rewritten(data, Map(lambda element: adicom.DataElement(0x00100020, "LO", "1"), vr="PN"))
    with pytest.raises(EncodeError, match=r"VR PN.*\(0010,0010\)") as caught:
        rewritten(data, Map(lambda element: 5, vr="PN"))
    assert caught.value.value == 5


# -- ToSyntax -----------------------------------------------------------------------------------------------------


def test_an_open_vr_waits_for_what_settles_it() -> None:
    """(0018,9810) comes before Pixel Representation (0028,0103), which says whether it is SS."""
    for sign, vr in ((1, "SS"), (0, "US")):
        for body in (
            made.element(0x00189810, "SS", b"\xff\xff", made.IMPLICIT)
            + made.element(0x00280103, "US", bytes([sign, 0]), made.IMPLICIT),
            made.sequence(
                SEQUENCE,
                [made.item(made.element(0x00280120, "SS", b"\1\0", made.IMPLICIT), made.IMPLICIT)],
                made.IMPLICIT,
            )
            + made.element(0x00280103, "US", bytes([sign, 0]), made.IMPLICIT),
        ):
            out = read(rewritten(file(body, syntax=made.IMPLICIT_LE), ToSyntax(made.EXPLICIT_LE)))
            found = [element.VR for element in out.iterall() if element.tag in (0x00189810, 0x00280120)]
            assert found == [vr]
    alone = file(made.element(0x00189810, "US", b"\1\0", made.IMPLICIT), syntax=made.IMPLICIT_LE)
    assert rewritten(alone, ToSyntax(made.EXPLICIT_LE)) == file(made.element(0x00189810, "US", b"\1\0"))


def test_what_waits_too_long_is_refused() -> None:
    body = made.element(0x00189810, "US", b"\1\0", made.IMPLICIT)
    body += b"".join(made.element(0x00190000 | number, "LO", b"", made.IMPLICIT) for number in range(0x1000, 0x2100))
    with pytest.raises(EncodeError, match=r"too far behind it.*\(0018,9810\)"):
        rewritten(file(body, syntax=made.IMPLICIT_LE), ToSyntax(made.EXPLICIT_LE))


def test_un_and_words_of_each_size() -> None:
    values = {
        "US": b"\1\2",
        "UL": b"\1\2\3\4",
        "FD": bytes(range(8)),
        "AT": b"\1\2\3\4",
        "OW": b"\1\2\3\4",
        "OB": b"\1\2",
        "UN": b"\1\2",
        "OV": bytes(range(16)),
        "LO": b"ab",
    }
    size = {"US": 2, "UL": 4, "FD": 8, "AT": 2, "OW": 2, "OV": 8}
    little, big = b"", b""
    for number, (vr, value) in enumerate(values.items()):
        step = size.get(vr, 1)
        turned = b"".join(value[at : at + step][::-1] for at in range(0, len(value), step))
        little += made.element(0x00111000 + number, vr, value)
        big += made.element(0x00111000 + number, vr, turned, made.BIG)
    assert rewritten(file(little), ToSyntax(made.EXPLICIT_BE)) == file(big, syntax=made.EXPLICIT_BE)
    assert rewritten(file(big, syntax=made.EXPLICIT_BE), ToSyntax(made.EXPLICIT_LE)) == file(little)


@pytest.mark.parametrize("step", [1, 3, 1000, 65_537])
def test_words_are_swapped_however_they_are_cut(step: int) -> None:
    value = bytes(range(256)) * 600
    turned = b"".join(value[at : at + 4][::-1] for at in range(0, len(value), 4))
    data, wanted = file(made.element(0x00660016, "OF", value)), made.element(0x00660016, "OF", turned, made.BIG)
    start = len(data) - len(value) - 100
    pieces = [
        data[:start],
        *(data[at : at + step] for at in range(start, start + 50 * step, step)),
        data[start + 50 * step :],
    ]
    assert changed_events(pieces, ToSyntax(made.EXPLICIT_BE)) == file(wanted, syntax=made.EXPLICIT_BE)


def test_no_whole_words_cannot_be_swapped() -> None:
    for length in (6, 100_002):
        data = file(made.element(0x00660016, "OF", bytes(length)))
        with pytest.raises(EncodeError, match=r"no whole words.*\(0066,0016\)"):
            rewritten(data, ToSyntax(made.EXPLICIT_BE))


def test_a_private_sequence_stays_one_without_a_vr() -> None:
    for items in ([], [made.item()], [made.item(made.element(0x00091101, "LO", "x"))]):
        data = file(made.element(0x00090010, "LO", "ACME"), made.sequence(0x00091001, items))
        out = rewritten(data, ToSyntax(made.IMPLICIT_LE))
        for found in (out, rewritten(out, DefinedLengths()), rewritten(out, ToSyntax(made.EXPLICIT_BE))):
            assert adicom.sync.dcmread(found)[0x00091001].VR == "SQ"
            assert len(adicom.sync.dcmread(found)[0x00091001].value) == len(items)


def test_a_long_value_of_a_short_vr_becomes_un() -> None:
    for length in (65_534, 65_536, 100_000):
        body = made.element(0x00283006, "LT", b"x" * length, made.IMPLICIT)
        body = made.header(0x001021B0, "LT", length, made.IMPLICIT) + b"x" * length
        out = rewritten(file(body, syntax=made.IMPLICIT_LE), ToSyntax(made.EXPLICIT_BE))
        vr = "LT" if length <= 65_535 else "UN"
        assert out == file(made.element(0x001021B0, vr, b"x" * length, made.BIG), syntax=made.EXPLICIT_BE)


def test_the_vr_of_private_elements_is_what_their_creator_says() -> None:
    body = made.element(0x00290010, "LO", "SIEMENS CSA HEADER", made.IMPLICIT)
    body += made.element(0x00291008, "CS", "IMAGE NUM 4 ", made.IMPLICIT) + made.element(
        0x00291099, "UN", b"ab", made.IMPLICIT
    )
    out = rewritten(file(body, syntax=made.IMPLICIT_LE), ToSyntax(made.EXPLICIT_LE))
    assert [(element.tag, element.VR) for element in read(out)] == [
        (0x00290010, "LO"),
        (0x00291008, "CS"),
        (0x00291099, "UN"),
    ]


def test_what_is_no_native_object_is_refused() -> None:
    for syntax in (made.JPEG_BASELINE, "1.2.840.10008.1.2.1.98", "1.2.3"):
        with pytest.raises(EncodeError, match="only what is in one of the uncompressed"):
            rewritten(made.part10(made.small(), syntax), ToSyntax(made.IMPLICIT_LE))
    with pytest.raises(EncodeError, match="in fragments"):
        rewritten(file(made.encapsulated([b"ab"])), ToSyntax(made.IMPLICIT_LE))
    with pytest.raises(EncodeError, match="no transfer syntax that could be changed"):
        rewritten(made.small(), ToSyntax(made.IMPLICIT_LE))
    with pytest.raises(ValueError, match="ToSyntax takes one of ImplicitVRLittleEndian"):
        ToSyntax(made.JPEG_BASELINE)


def test_the_same_syntax_changes_nothing() -> None:
    for form in made.FORMS:
        data = made.part10(made.small(form), form.syntax)
        out, report = reported(data, ToSyntax(form.syntax))
        assert (out, report.changes) == (data, ())


# -- on events of one's own ---------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_events_in_events_out() -> None:
    data = made.part10(made.small(undefined=True))
    changes = Set("PatientID", "1"), Delete("ReferencedSOPInstanceUID"), UndefinedLengths()
    by_hand = list(transform(oracle.parse(data), *changes))
    with adicom.sync.iter_events(data) as events:
        assert list(transform(events, *changes)) == by_hand
    assert [event async for event in transform(adicom.iter_events(data), *changes)] == by_hand
    assert list(transform(oracle.parse(data))) == oracle.parse(data)
    for two_passes in (DefinedLengths(), OffsetTable("basic")):
        with pytest.raises(ValueError, match="has to read twice"):
            transform([], two_passes)


def test_values_that_were_passed_over_cannot_be_changed() -> None:
    data = made.part10(made.small())
    events = oracle.parse(data, plan=adicom.Plan(skip_above=5))
    kept = Delete("PatientID"), ReplaceUIDs({}), ToSyntax(made.EXPLICIT_LE), Map(str, vr="IS")
    assert [type(event) for event in transform(events, *kept)].count(adicom.DeferredElement) > 3
    with pytest.raises(EncodeError, match=r"a value that was passed over.*\(0010,0010\)"):
        list(transform(events, Map(str, tag="PatientName")))


def test_events_that_stop_before_the_end() -> None:
    """What is held back comes at the end, whatever the end is."""
    data = made.part10(made.small())
    events = [event for event in oracle.parse(data) if not isinstance(event, adicom.FileEnd)]
    assert list(transform(events, Delete(0x00090001))) == events
    cut = events[: next(at for at, event in enumerate(events) if isinstance(event, adicom.ItemStart)) + 2]
    assert list(transform(cut, Delete(0x00090001))) == cut


def test_all_are_transforms_and_show_no_value() -> None:
    for given in (
        Set("PatientID", "SECRET"),
        ReplaceUIDs({"SECRET": "1"}),
        Delete("PatientID"),
        KeepOnly("PatientID"),
        RemovePrivate(),
        Map(str),
        ToSyntax(made.EXPLICIT_BE),
        UndefinedLengths(),
        DefinedLengths(),
        OffsetTable("none"),
    ):
        assert isinstance(given, Transform)
        assert "SECRET" not in repr(given)
        assert given == given
        assert type(given).__name__ in repr(given)
