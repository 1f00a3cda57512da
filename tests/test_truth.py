"""Every file says the same through adicom as through pydicom and dcmdump, or a table here says why it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

import adicom.sync
from adicom.datadict import find_private_vr, find_vr
from tests import oracle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.oracle import Dumped, Node

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")

FILES: Final = [path for path in oracle.all_files() if oracle.short_name(path) not in oracle.FAULTY]
FAULTY: Final = [path for path in oracle.all_files() if oracle.short_name(path) in oracle.FAULTY]

# Files that pydicom can't read, or reads less of. dcmdump says the same of all of them as adicom.
UNREADABLE: Final = {
    "DIRW0007": "a second sequence delimiter at the end, which pydicom takes for an element",
    "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm": "big endian, with UN of undefined length: its items are "
    "Implicit VR Little Endian (PS3.5 6.2.2), which pydicom reads in big endian",
}
SHORTER: Final = {
    "GH179A.dcm": "(0028,0120) has two blanks for a VR; pydicom takes all that follows for its value",
}


# -- what pydicom sees differently: ours, pydicom's -> whether the reason holds


def group_length_of_private_group(ours: Node, theirs: Node) -> bool:
    """PS3.5 7.2: (gggg,0000) is UL in every group; pydicom has it as UN in private ones of implicit VR."""
    return ours.tag & 0xFFFF == 0 and (ours.vr, theirs.vr) == ("UL", "UN")


def other_private_dictionary(ours: Node, theirs: Node) -> bool:
    """Our private dictionary is made of dcmtk's, pydicom's of GDCM's; each has elements the other has not."""
    return bool(ours.tag & 0x10000) and ours.vr != theirs.vr and theirs.raw in (ours.raw, None)


def overlay_or_curve_left_open(ours: Node, theirs: Node) -> bool:
    """Curve Data is OB or OW; we decide, pydicom leaves the pair as it is."""
    return theirs.vr == "OB or OW" and ours.vr in ("OB", "OW") and ours.value == theirs.value


def escape_left_in_name(ours: Node, theirs: Node) -> bool:
    """ISO 2022 IR 58 is designated to G1 within the value (PS3.3 C.12.1.1.2); pydicom leaves the escapes in."""
    return ours.vr == "PN" and "\x1b" in theirs.value[1] and "\x1b" not in ours.value[1]


def value_swallowed_the_rest(ours: Node, theirs: Node) -> bool:
    """(0028,0120) of GH179A.dcm: see SHORTER."""
    return ours.tag == 0x00280120 and ours.raw == b"\0\0" and len(theirs.raw or b"") > 1000


REASONS: Final[tuple[Callable[[Node, Node], bool], ...]] = (
    group_length_of_private_group,
    other_private_dictionary,
    overlay_or_curve_left_open,
    escape_left_in_name,
    value_swallowed_the_rest,
)


def same(ours: Node, theirs: Node) -> bool:
    raw = ours.raw == theirs.raw or ours.raw is None or theirs.raw is None
    return raw and (ours.vr, ours.value) == (theirs.vr, theirs.value)


def differences(ours: Iterable[Node], theirs: Iterable[Node]) -> list[tuple[Node | None, Node | None]]:
    """Return the nodes that differ for no reason of the table."""
    left = {(node.path, node.tag): node for node in ours}
    right = {(node.path, node.tag): node for node in theirs}
    # What is in a private sequence that only one dictionary knows is missing on the other side.
    opaque = {
        (*path, (tag, 0))
        for path, tag in left.keys() & right.keys()
        if "SQ" in (left[path, tag].vr, right[path, tag].vr) and left[path, tag].vr != right[path, tag].vr
    }
    found: list[tuple[Node | None, Node | None]] = []
    for key in sorted(left.keys() | right.keys()):
        mine, other = left.get(key), right.get(key)
        if mine is None or other is None:
            if not any(inside(key[0], root) for root in opaque):
                found.append((mine, other))
        elif not same(mine, other) and not any(reason(mine, other) for reason in REASONS):
            found.append((mine, other))
    return found


def inside(path: oracle.Where, root: oracle.Where) -> bool:
    """Tell whether a path lies in the sequence that the root's last step names, whatever the item."""
    depth = len(root) - 1
    return len(path) > depth and path[:depth] == root[:depth] and path[depth][0] == root[depth][0]


@pytest.mark.parametrize("path", FILES, ids=oracle.file_id)
def test_same_as_pydicom(path: Path) -> None:
    data = path.read_bytes()
    ours = oracle.adicom_view(data)
    name = oracle.short_name(path)
    if name in UNREADABLE:
        with pytest.raises((NotImplementedError, OSError)):
            oracle.pydicom_view(data)
        return
    theirs = oracle.pydicom_view(data)
    if name in SHORTER:
        known = {(node.path, node.tag) for node in theirs}
        assert len(ours) > len(known)
        ours = [node for node in ours if (node.path, node.tag) in known]
    assert differences(ours, theirs) == []


@pytest.mark.parametrize("path", FAULTY, ids=oracle.file_id)
def test_faulty_files_say_what_is_wrong(path: Path) -> None:
    with pytest.raises(oracle.FAULTY[oracle.short_name(path)].error) as caught:
        adicom.sync.dcmread(path.read_bytes(), force=True).check()
    assert caught.value.offset is not None


# -- dcmdump


REFUSED: Final = {
    "DIRW0007": "the second sequence delimiter at its end",
    "SC_rgb_jpeg.dcm": "implicit VR elements under an explicit transfer syntax",
}


def vr_fits(ours: str, theirs: str, tag: int) -> bool:
    """Tell whether dcmdump's VR is ours, or a name of its own for it."""
    if ours == theirs or (ours, theirs) == ("UL", "up"):
        return True  # up: an offset of a DICOMDIR
    if ours == "UN":  # an event has the VR of the file, or of the standard; dcmdump looks private ones up
        return theirs == "??" or bool(tag & 0x10000) or theirs == find_vr(tag)
    if (ours, theirs) == ("OW", "OB"):  # encapsulated pixel data is OB, whatever the header says (PS3.5 A.4)
        return tag == 0x7FE00010
    return theirs in ours.split(" or ") or (theirs == "xs" and ours == "US or SS")


def length_fits(ours: int | None, theirs: int | None) -> bool:
    """Tell whether the lengths are the same; dcmdump shows odd ones as it would write them."""
    return ours == theirs or (ours is not None and ours & 1 == 1 and theirs == ours + 1)


@pytest.mark.skipif(oracle.DCMDUMP is None, reason="dcmdump is not installed (Debian: dcmtk)")
@pytest.mark.parametrize("path", FILES, ids=oracle.file_id)
def test_headers_same_as_dcmdump(path: Path) -> None:
    dumped = oracle.dcmdump_view(path)
    if dumped is None:
        assert oracle.short_name(path) in REFUSED
        return
    data = path.read_bytes()
    theirs = {(node.path, node.tag): node for node in dumped}
    ours = {
        (node.path, node.tag): node
        for node in oracle.dumped_events(oracle.parse(data, force=not oracle.has_prefix(data)))
    }
    assert ours.keys() - theirs.keys() == set()
    # dcmdump takes private elements of implicit VR apart that its dictionary has as sequences.
    assert all(in_private_sequence(node, ours) for node in (theirs[key] for key in theirs.keys() - ours.keys()))
    for key in ours.keys() & theirs.keys():
        mine, other = ours[key], theirs[key]
        assert vr_fits(mine.vr, other.vr, mine.tag), (mine, other)
        assert length_fits(mine.length, other.length) or other.vr == "SQ", (mine, other)


def in_private_sequence(node: Dumped, ours: dict[tuple[oracle.Where, int], Dumped]) -> bool:
    """Tell whether a node lies in an element that we have as private UN."""
    for depth, (tag, _) in enumerate(node.path):
        holder = ours.get((node.path[:depth], tag))
        if holder is not None and holder.vr == "UN" and tag & 0x10000:
            return True
    return False


def test_the_private_dictionaries_do_overlap() -> None:
    """The reason above would hide a private dictionary that is not asked at all."""
    assert find_private_vr(0x00091002, "GEMS_IDEN_01") == "SH"
