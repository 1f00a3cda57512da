"""Where datasets of adicom and pydicom differ when the same calls are made, each with its reason.

Rule: a row says exactly where it holds. What differs elsewhere, or in another way, is a bug.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.dataset.calls import Call, Key
from tests.dataset.strategies import KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NO_TAG: Final = Key("float", 0x00100010)
EMPTY: Final = Key("empty", 0x00100010)
PRIVATE_CREATOR: Final = Call("add_new", (0x00090010, "LO", "ACME"))


class Leaf(NamedTuple):
    """One thing that the two libraries show differently.

    Attributes:
        call: The call that it came out of; None for a look at the whole dataset.
        where: Where it is in what was seen.
        ours: What adicom says.
        theirs: What pydicom says.
    """

    call: Call | None
    where: tuple[Any, ...]
    ours: Any
    theirs: Any

    def is_error(self, name: str, ours: str | None, theirs: str | None) -> bool:
        """Tell whether the call with this name has raised these errors."""
        return self._of(name) and self.where == ("error",) and (self.ours, self.theirs) == (ours, theirs)

    def _of(self, name: str) -> bool:
        call = self.call
        while call is not None and call.name == "inside":
            call = call.arguments[2]
        return call is not None and call.name == name


class Difference(NamedTuple):
    """A row of the table.

    Attributes:
        reason: Why it is so.
        holds: Whether it is what a leaf shows.
        example: Calls, the last of which shows it, or after which the dataset does.
        parts: Whether the two datasets are no longer the same after it.
    """

    reason: str
    holds: Callable[[Leaf], bool]
    example: tuple[Call, ...]
    parts: bool = False


def leaves(call: Call | None, ours: Any, theirs: Any, where: tuple[Any, ...] = ()) -> Iterator[Leaf]:
    """Yield what differs, each as deep inside as can be said."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and (ours.keys() == theirs.keys() or call):
        for key in [key for key in ours if key in theirs]:  # where one has failed, there is nothing else to compare
            yield from leaves(call, ours[key], theirs[key], (*where, key))
    elif isinstance(ours, list | tuple) and type(ours) is type(theirs) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from leaves(call, *pair, (*where, number))
    elif ours != theirs:
        yield Leaf(call, where, ours, theirs)


def names_of(leaf: Leaf) -> list[str]:
    """Return the names of the rows that explain a leaf."""
    return [name for name, difference in DIFFERENCES.items() if difference.holds(leaf)]


def key_form(leaf: Leaf, form: str) -> bool:
    """Tell whether the call was given a key of this form."""
    call = leaf.call
    return (
        call is not None
        and bool(call.arguments)
        and isinstance(call.arguments[0], Key)
        and (call.arguments[0].form == form)
    )


def sets(leaf: Leaf, VR: str) -> bool:
    """Tell whether the call sets an element with this VR, which it names or which is that of its keyword."""
    if leaf.call is None or not leaf.call.arguments:
        return False
    key = leaf.call.arguments[0]
    of_keywords = [(name, tag) for name, (kind, tag) in KEYWORDS.items() if kind == VR]
    return VR in leaf.call.arguments or any(
        key == name or (isinstance(key, Key) and key.tag == tag) for name, tag in of_keywords
    )


DIFFERENCES: Final[dict[str, Difference]] = {
    "data_element of what is missing": Difference(
        "the seed promises None, pydicom 3 raises KeyError",
        lambda leaf: leaf.is_error("data_element", None, "KeyError"),
        (Call("data_element", ("PatientName",)),),
    ),
    "get_item of what is missing": Difference(
        "a KeyError as in 1.x; pydicom 3 returns None, which its users then ask for its value",
        lambda leaf: leaf.is_error("get_item", "KeyError", None),
        (Call("get_item", (Key("int", 0x00100010),)),),
    ),
    "a number with a fraction is no tag": Difference(
        "pydicom cuts it off",
        lambda leaf: (
            (key_form(leaf, "float") or (leaf.call is not None and leaf.call.arguments[-1:] == (1.5,)))
            and leaf.where in (("error",), ("warned",))
            and leaf.ours in ("TypeError", True)
        ),
        (Call("del", (NO_TAG,)),),
        parts=True,
    ),
    "an empty text is no tag": Difference(
        "pydicom takes it for the keyword of a retired element that has none",
        lambda leaf: (
            key_form(leaf, "empty")
            and leaf.where in (("error",), ("warned",))
            and leaf.ours in ("ValueError", "KeyError", "TypeError", True)
        ),
        (Call("setdefault", (EMPTY,)),),
        parts=True,
    ),
    "a negative place in a block": Difference(
        "no tag at all, so a ValueError as for one that is too large; pydicom looks for a tag of another block",
        lambda leaf: (
            leaf.is_error("of block", "ValueError", "KeyError")
            or leaf.is_error("get_private_item", "ValueError", "KeyError")
        ),
        (PRIVATE_CREATOR, Call("get_private_item", (0x0009, -1, "ACME"))),
    ),
    "a private creator that is no text": Difference(
        "it reserves no block (PS3.5 7.8.1), so nothing belongs to it",
        lambda leaf: (
            leaf.where[-1] == "private_creator"
            and leaf.ours is None
            and (leaf.theirs == "" or not isinstance(leaf.theirs, str))
        ),
        (Call("add_new", (0x00090010, "US", 3)), Call("add_new", (0x00091001, "US", 4))),
    ),
    "a name that is a number": Difference(
        "a TypeError, as for any value of a wrong type; pydicom looks for a method of texts",
        lambda leaf: (
            (leaf.where, leaf.ours, leaf.theirs) == (("error",), "TypeError", "AttributeError") and sets(leaf, "PN")
        ),
        (Call("setattr", ("PatientName", 3)),),
    ),
    "a walk that takes elements away ahead of it": Difference(
        "they are not visited; pydicom fails, and leaves the walk half done",
        lambda leaf: leaf.is_error("walk deleting", None, "KeyError"),
        (
            Call("setattr", ("PatientName", "A^B")),
            Call("add_new", (0x00100011, "LO", "")),
            Call("walk deleting", (0x00100011,)),
        ),
        parts=True,
    ),
    "a UC or UT that is no text": Difference(
        "warned of as with all VRs; pydicom has no rule for these",
        lambda leaf: leaf.where == ("warned",) and leaf.ours is True and (sets(leaf, "UC") or sets(leaf, "UT")),
        (Call("add_new", (0x00080119, "UC", 3)),),
    ),
    "a backslash in a URI": Difference(
        "UR has one value, in which it is a character like any other (PS3.5 6.2)",
        lambda leaf: leaf.where == ("warned",) and leaf.ours is True and sets(leaf, "UR") and "\\" in str(leaf.call),
        (Call("add_new", (0x0008010E, "UR", "a\\b")),),
        parts=True,
    ),
    "bytes for numbers": Difference(
        "their bytes as they are encoded; pydicom splits them where one is that of a backslash",
        lambda leaf: (
            leaf.where == ("warned",)
            and (leaf.ours, leaf.theirs) == (False, True)
            and leaf.call is not None
            and leaf.call.arguments[-1:] == (b"\\\0\1\0",)
        ),
        (Call("add_new", (0x0072007A, "US", b"\\\0\1\0")),),
        parts=True,
    ),
    "a group length in setdefault": Difference(
        "UL in every group (PS3.5 7.2); in pydicom's dictionary only those of groups 0 and 2 are",
        lambda leaf: (
            leaf.call is not None
            and leaf.call.name == "setdefault"
            and leaf.call.arguments[0].tag & 0xFFFF == 0
            and leaf.where in (("warned",), ("result", "VR"), ("result", "str"))
            and leaf.ours in (False, "UL", leaf.theirs.replace("UN:", "UL:") if isinstance(leaf.theirs, str) else None)
        ),
        (Call("setdefault", (Key("int", 0x00080000),)),),
        parts=True,
    ),
    "a group length in setdefault, with a value that has no length": Difference(
        "the same; pydicom asks for the length of what is set as UN",
        lambda leaf: (
            leaf.is_error("setdefault", None, "TypeError")
            and leaf.call is not None
            and leaf.call.arguments[0].tag & 0xFFFF == 0
        ),
        (Call("setdefault", (Key("int", 0x00080000), 7)),),
        parts=True,
    ),
    "text is decoded": Difference(
        "it stays as it is, and the character set is looked at where there are bytes; pydicom encodes names first, "
        "which not every character survives, and warns of the character set in any case",
        lambda leaf: (
            leaf.call == Call("decode")
            and (
                (leaf.where, leaf.ours, leaf.theirs) == (("warned",), False, True)
                or (leaf.where[0] == "result" and ("?" in str(leaf.theirs) or "\ufffd" in str(leaf.theirs)))
            )
        ),
        (Call("setattr", ("PatientName", "山")), Call("decode")),
        parts=True,
    ),
    "values of a wrong type are decoded": Difference(
        "what is no text stays as it is",
        lambda leaf: leaf.is_error("decode", None, "TypeError") or leaf.is_error("decode", None, "AttributeError"),
        (Call("setattr", ("PatientID", 3)), Call("decode")),
        parts=True,
    ),
    "a group length that is set as UN": Difference(
        "the same: UL, of which text is no value",
        lambda leaf: (
            leaf.call is not None
            and leaf.call.arguments[:2] == (0x00080000, "UN")
            and (leaf.where, leaf.ours, leaf.theirs) == (("warned",), True, False)
        ),
        (Call("add_new", (0x00080000, "UN", "a\\b")),),
        parts=True,
    ),
    "an IS of more than 32 bits": Difference(
        "warned of, for PS3.5 6.2 does not allow it; pydicom counts the characters of texts only",
        lambda leaf: sets(leaf, "IS") and (leaf.where, leaf.ours, leaf.theirs) == (("warned",), True, False),
        (Call("setattr", ("ReferencedFrameNumber", 2**40)),),
    ),
    "several values in a tuple": Difference(
        "the seed: 'a list or tuple with all strings or all numbers'; to pydicom 3 it is one value, and a wrong one",
        lambda leaf: leaf.call == Call("setattr", ("SelectorSLValue", (1, 2))) and leaf.where == ("warned",),
        (Call("setattr", ("SelectorSLValue", (1, 2))),),
        parts=True,
    ),
    "copies": Difference(
        "a shallow copy has a table of its own, as the seed's dict; in pydicom both change",
        lambda leaf: leaf.call == Call("change copy") and (leaf.ours, leaf.theirs) == ("False", "True"),
        (Call("change copy"),),
        parts=True,
    ),
    "blocks of creators that are gone": Difference(
        "the creator is written anew; pydicom remembers the block, and writes elements that nobody can find",
        lambda leaf: leaf.call == Call("cleared block", (0x0009, "ACME")) and leaf.where[0] == "result",
        (Call("cleared block", (0x0009, "ACME")),),
        parts=True,
    ),
    "slices backwards": Difference(
        "the elements of the slice in whatever order; pydicom takes the start as the end of the list",
        lambda leaf: leaf.call == Call("slice", (0x00080000, None, -1)) and leaf.where[0] == "result",
        (
            Call("setattr", ("PatientName", "A^B")),
            Call("setattr", ("PatientID", "1")),
            Call("slice", (0x00080000, None, -1)),
        ),
    ),
    "names in the private dictionary": Difference(
        "ours is made of dcmtk's, pydicom's of GDCM's",
        lambda leaf: (
            leaf.call is not None
            and leaf.call.arguments[:1] == (Key("int", 0x00091001),)
            and leaf.where[-1] in ("name", "str")
            and "Full Fidelity" in leaf.ours
            and leaf.ours.lower() == leaf.theirs.lower()
        ),
        (
            Call("add_new_private", ("GEMS_IDEN_01", 0x0009, 1, "x", "LO")),
            Call("getitem", (Key("int", 0x00091001),)),
        ),
    ),
    "the VR of a private element in setdefault": Difference(
        "that of the private dictionary, where it has the element; in pydicom always UN",
        lambda leaf: (
            leaf.call is not None
            and leaf.call.name == "setdefault"
            and leaf.call.arguments[0].tag & 0x10000 == 0x10000
            and leaf.where in (("result", "VR"), ("result", "str"))
            and re.sub(r"\b[A-Z]{2}(?=:|$)", "UN", leaf.ours) == leaf.theirs
        ),
        (
            Call("add_new", (0x00090010, "LO", "TOSHIBA_MEC_1.0")),
            Call("setdefault", (Key("int", 0x00091001),)),
        ),
        parts=True,
    ),
}
