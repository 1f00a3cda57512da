"""Random calls of a dataset's methods: right ones for the most part, and wrong ones."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from tests.dataset.calls import KEY_FORMS, Call, Element, Items, Key, Made
from tests.valuerep.test_like_pydicom import UNSPLIT, VALUES

# Few keywords, so that calls meet; each VR has one, and some have several values (PS3.6 chapter 6).
KEYWORDS: Final[dict[str, tuple[str, int]]] = {
    "RetrieveAETitle": ("AE", 0x00080054),
    "PatientAge": ("AS", 0x00101010),
    "FrameIncrementPointer": ("AT", 0x00280009),
    "SpecificCharacterSet": ("CS", 0x00080005),
    "ImageType": ("CS", 0x00080008),
    "StudyDate": ("DA", 0x00080020),
    "PixelSpacing": ("DS", 0x00280030),
    "AcquisitionDateTime": ("DT", 0x0008002A),
    "TimeRange": ("FD", 0x00081163),
    "SelectorFLValue": ("FL", 0x00720076),
    "ReferencedFrameNumber": ("IS", 0x00081160),
    "PatientID": ("LO", 0x00100020),
    "AdditionalPatientHistory": ("LT", 0x001021B0),
    "MakerNote": ("OB", 0x0016002B),
    "DoubleFloatPixelData": ("OD", 0x7FE00009),
    "FloatPixelData": ("OF", 0x7FE00008),
    "TrackPointIndexList": ("OL", 0x00660129),
    "ExtendedOffsetTable": ("OV", 0x7FE00001),
    "RedPaletteColorLookupTableData": ("OW", 0x00281201),
    "PatientName": ("PN", 0x00100010),
    "OperatorsName": ("PN", 0x00081070),
    "AccessionNumber": ("SH", 0x00080050),
    "SelectorSLValue": ("SL", 0x0072007C),
    "ReferencedImageSequence": ("SQ", 0x00081140),
    "BeamSequence": ("SQ", 0x300A00B0),
    "SelectorSSValue": ("SS", 0x0072007E),
    "InstitutionAddress": ("ST", 0x00080081),
    "SelectorSVValue": ("SV", 0x00720082),
    "StudyTime": ("TM", 0x00080030),
    "LongCodeValue": ("UC", 0x00080119),
    "SmallestImagePixelValue": ("US or SS", 0x00280106),
    "SOPInstanceUID": ("UI", 0x00080018),
    "SOPClassUID": ("UI", 0x00080016),
    "SelectorULValue": ("UL", 0x00720078),
    "SelectorUNValue": ("UN", 0x0072006D),
    "CodingSchemeURL": ("UR", 0x0008010E),
    "Rows": ("US", 0x00280010),
    "PixelRepresentation": ("US", 0x00280103),
    "TextValue": ("UT", 0x0040A160),
    "SelectorUVValue": ("UV", 0x00720083),
}
SEQUENCES: Final = ("ReferencedImageSequence", "BeamSequence")
# Beside them: private ones (with and without a creator), one that nobody knows, an overlay, a group length.
OTHER_TAGS: Final = (0x00090010, 0x00091001, 0x00091002, 0x00291008, 0x000900FF, 0x00111001)
ODD_TAGS: Final = (0x00080000, 0x00100099, 0x60000050, 0x60022500)
TAGS: Final = st.sampled_from([*(tag for _, tag in KEYWORDS.values()), *OTHER_TAGS, *ODD_TAGS])
CREATOR_TAGS: Final = (0x00090010, 0x000900FF)
GROUPS: Final = st.sampled_from((0x0009, 0x0011, 0x0029))
CREATORS: Final = st.sampled_from(("ACME", "TOSHIBA_MEC_1.0", "another"))
KEYS: Final = st.builds(Key, st.sampled_from(["int", "tuple", "list", "Tag", "keyword", "hex", "two hex"]), TAGS)
# pydicom complains of private creators that are no text whenever it is asked for a name.
# What is wrong for a VR that is open is shown in another way, too.
OPEN_TAG: Final = 0x00280106
VALUE_KEYS: Final = KEYS.filter(lambda key: key.tag not in (*CREATOR_TAGS, OPEN_TAG))
ANY_KEYS: Final = KEYS | KEYS | KEYS | st.builds(Key, st.sampled_from(list(KEY_FORMS)), TAGS)

# Values that no VR, or not each of them, takes.
WRONG: Final = st.sampled_from(
    ["", "x" * 70, "a\\b", "1\\2", "é", "-", 3, -1, 2**40, 1.5, b"ab", [], [None], ["a", "b"]]
)
TERMS: Final = st.sampled_from(["ISO_IR 100", "ISO_IR 192", "", ["", "ISO 2022 IR 87"], ["ISO_IR 100", "ISO_IR 144"]])


def values(VR: str) -> st.SearchStrategy[Any]:
    """Return values that are right for a VR, one, several or none."""
    one = VALUES[VR] if VR in VALUES else st.binary(max_size=20).map(lambda data: data * 8)
    if VR == "US or SS":
        one = st.integers(0, 99)
    elif VR in ("FD", "FL"):  # what is not itself is compared in other tests
        one = st.floats(allow_nan=False, width=32 if VR == "FL" else 64)
    many = one if VR in (*UNSPLIT, "AT", "OD", "OF", "OL", "OV") else one | st.lists(one, max_size=4)
    return many | st.none()


BY_VR: Final = {VR: values(VR) for VR in sorted({*VALUES, "OD", "OF", "OL", "OV"})}
UNCLEAR: Final = values("US or SS")


def items(depth: int) -> st.SearchStrategy[Items]:
    """Return lists of datasets that may have sequences themselves."""
    made = st.lists(fillings(depth - 1), max_size=4).map(lambda calls: Made(tuple(calls)))
    return st.builds(Items, st.lists(made, max_size=3).map(tuple), st.booleans())


@st.composite
def contents(draw: st.DrawFn, depth: int) -> tuple[str, Any]:
    """Draw a VR and a value for it."""
    VR = draw(st.sampled_from([*BY_VR, "SQ", "SQ", "SQ"] if depth else list(BY_VR)))
    return VR, draw(items(depth) if VR == "SQ" else BY_VR[VR])


@st.composite
def known(draw: st.DrawFn, depth: int) -> tuple[str, int, str, Any]:
    """Draw a keyword with its tag, its VR and a value."""
    names = [name for name, (VR, _) in KEYWORDS.items() if depth or VR != "SQ"]
    name = draw(st.sampled_from(names))
    VR, tag = KEYWORDS[name]
    if name == "SpecificCharacterSet":
        return name, tag, VR, draw(TERMS)
    if name == "PixelRepresentation":
        return name, tag, VR, draw(st.sampled_from([0, 1]))
    if VR == "US or SS":
        return name, tag, "US", draw(UNCLEAR)
    return name, tag, VR, draw(items(depth) if VR == "SQ" else BY_VR[VR])


@st.composite
def elements(draw: st.DrawFn, depth: int = 1) -> Element:
    """Draw an element: one with a keyword, or one with any tag and any VR."""
    if draw(st.booleans()):
        _, tag, VR, value = draw(known(depth))
    else:
        VR, value = draw(contents(depth))
        tag = draw(st.sampled_from(OTHER_TAGS) if VR != "LO" else TAGS.filter(lambda tag: tag != 0x00080005))
    return Element(tag, "LO", draw(CREATORS)) if tag in CREATOR_TAGS else Element(tag, VR, value)


@st.composite
def fillings(draw: st.DrawFn, depth: int = 2) -> Call:
    """Draw a right call that puts an element in."""
    kind = draw(st.sampled_from(["setattr", "setattr", "add", "add_new", "set", "of block", "add_new_private"]))
    if kind == "setattr":
        name, _, _, value = draw(known(depth))
        return Call("setattr", (name, value))
    if kind == "of block":
        VR, value = draw(contents(depth))
        offset = draw(st.integers(0, 3))
        return Call("of block", (draw(GROUPS), draw(CREATORS), "add_new", offset, VR, value))
    if kind == "add_new_private":
        VR, value = draw(contents(depth))
        return Call("add_new_private", (draw(CREATORS), draw(GROUPS), draw(st.integers(0, 3)), value, VR))
    element = draw(elements(depth))
    if kind == "add":
        return Call("add", (element,))
    if kind == "set":
        return Call("set", (Key("int", element.tag), element))
    return Call("add_new", (element.tag, element.VR, element.value))


@st.composite
def changes(draw: st.DrawFn) -> Call:
    """Draw a call that changes or takes away what is there, or is wrong."""
    key = draw(VALUE_KEYS)
    sequence = Key("keyword", KEYWORDS[draw(st.sampled_from(SEQUENCES))][1])
    some = st.one_of(st.just(()), st.tuples(st.none() | st.just(7)))
    part = (draw(st.none() | TAGS), draw(st.none() | TAGS), draw(st.sampled_from([None, 1, 2])))
    updates = st.dictionaries(st.sampled_from(list(KEYWORDS)), st.none(), max_size=3)
    more = st.lists(fillings(1), max_size=3).map(lambda calls: Made(tuple(calls)))
    found: Call = draw(
        st.one_of(
            st.builds(lambda name: Call("delattr", (name,)), st.sampled_from([*KEYWORDS, "PatientNam", "no_keyword"])),
            st.builds(lambda key: Call("del", (key,)), ANY_KEYS),
            st.just(Call("del slice", part)),
            st.builds(lambda key, default: Call("pop", (key, *default)), ANY_KEYS, some),
            st.just(Call("popitem")),
            st.builds(
                lambda key, value: Call("setdefault", (key, *value)),
                ANY_KEYS.filter(lambda key: key.tag not in CREATOR_TAGS),
                some,
            ),
            st.builds(lambda element: Call("setdefault", (Key("int", element.tag), element)), elements()),
            st.builds(lambda key, element: Call("set", (key, element)), ANY_KEYS, elements()),
            st.builds(lambda pairs: Call("update", (pairs,)), updates),
            st.builds(lambda made: Call("update", (made,)), more),
            st.builds(lambda element: Call("update", ({element.tag: element},)), elements()),
            st.sampled_from([Call("clear"), Call("remove_private_tags"), Call("decode"), Call("ensure_file_meta")]),
            st.builds(
                lambda group, creator, at: Call("of block", (group, creator, "__delitem__", at)),
                GROUPS,
                CREATORS,
                st.integers(-1, 3),
            ),
            st.builds(lambda item: Call("of value", (sequence, "append", item)), more),
            st.builds(lambda made: Call("of value", (sequence, "extend", made)), items(1)),
            st.builds(lambda at, item: Call("of value", (sequence, "insert", at, item)), st.integers(-1, 2), more),
            st.builds(lambda at: Call("of value", (sequence, "__delitem__", at)), st.integers(-1, 2)),
            st.builds(lambda at, call: Call("inside", (sequence, at, call)), st.integers(0, 1), fillings(1)),
            st.builds(
                lambda name, value: Call("of value", (key, name, value)),
                st.sampled_from(["append", "remove", "index", "count"]),
                WRONG,
            ),
            st.builds(lambda value: Call("of element", (key, "value", value)), WRONG | items(1)),
            st.builds(
                lambda value: Call(
                    "setattr",
                    (draw(st.sampled_from([name for name in KEYWORDS if KEYWORDS[name][1] != OPEN_TAG])), value),
                ),
                WRONG,
            ),
            st.builds(lambda VR, value: Call("add_new", (key.tag, VR, value)), st.sampled_from(list(BY_VR)), WRONG),
            st.builds(
                lambda name: Call("setattr", (name, 1)),
                st.sampled_from(["PatientNam", "no_keyword", "_own", "OverlayData", "is_mine", "A1", "URL"]),
            ),
            st.builds(lambda divisor: Call("walk deleting", (divisor,)), st.sampled_from([2, 3, 16])),
            st.builds(lambda pair: Call("set_original_encoding", pair), st.tuples(st.booleans(), st.booleans())),
        )
    )
    return found


@st.composite
def questions(draw: st.DrawFn) -> Call:
    """Draw a call that changes nothing."""
    part = (draw(st.none() | TAGS), draw(st.none() | TAGS), draw(st.sampled_from([None, 1, 2])))
    names = [*KEYWORDS, "PatientNam", "no_keyword", "is_implicit_VR", "filename", "preamble"]
    defaults = st.one_of(st.just(()), st.tuples(st.none() | st.just(7)))
    groups = GROUPS | st.sampled_from([0x0008, 0x0010, 0x7FE0])
    creators = CREATORS | st.just("")
    more = st.lists(fillings(1), max_size=3).map(lambda calls: Made(tuple(calls)))
    found: Call = draw(
        st.one_of(
            st.builds(lambda name: Call("getattr", (name,)), st.sampled_from(names)),
            st.builds(lambda name, key: Call(name, (key,)), st.sampled_from(["getitem", "get_item", "in"]), ANY_KEYS),
            st.builds(lambda key, default: Call("get", (key, *default)), ANY_KEYS, defaults),
            st.builds(lambda name: Call("data_element", (name,)), st.sampled_from(names)),
            st.builds(lambda name: Call(name, part), st.sampled_from(["slice", "get_item slice"])),
            st.builds(lambda group: Call("group_dataset", (group,)), groups),
            st.builds(lambda *of: Call("private_block", of), groups, creators, st.just(False)),
            st.builds(lambda *of: Call("get_private_item", of), groups, st.integers(-1, 4), creators),
            st.builds(lambda group: Call("private_creators", (group,)), groups),
            st.builds(lambda recursive: Call("walk", (recursive,)), st.booleans()),
            st.builds(lambda filters: Call("dir", filters), st.sampled_from([(), ("pat",), ("NAME", "id"), ("?",)])),
            st.builds(lambda protocol: Call("pickle", (protocol,)), st.integers(2, 5)),
            st.sampled_from([Call("top"), Call("copy"), Call("copy.copy"), Call("deepcopy"), Call("Dataset")]),
            st.builds(lambda other: Call("eq", (other,)), more),
        )
    )
    return found


PROGRAMS: Final = st.tuples(
    st.lists(fillings(), max_size=8), st.lists(changes() | fillings() | questions(), max_size=12)
).map(lambda parts: (*parts[0], *parts[1]))
