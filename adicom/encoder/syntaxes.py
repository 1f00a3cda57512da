"""Which form a data set is written in: by its Transfer Syntax UID, by what was set, by how it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from adicom.dataelem import DataElement
from adicom.errors import EncodeError
from adicom.parser.kinds import IMPLICIT, INFLATED, LITTLE, form_of
from adicom.parser.syntax import Syntax, classify
from adicom.uid import UID

if TYPE_CHECKING:
    from adicom.dataset.dataset import Dataset

__all__ = ("Target", "is_as_read", "target_of", "transfer_syntax_of")

_TRANSFER_SYNTAX: Final = 0x00020010
_FORMS: Final = {
    Syntax.IMPLICIT: IMPLICIT | LITTLE,
    Syntax.EXPLICIT: LITTLE,
    Syntax.DEFLATED: LITTLE,
    Syntax.BIG: 0,
}


class Target(NamedTuple):
    """How a data set is to be written.

    Attributes:
        form: The form of its elements.
        deflate: Whether it is deflated.
        syntax: The transfer syntax UID; None where there is none.
        as_read: Whether the transfer syntax is the one it was read with.
    """

    form: int
    deflate: bool
    syntax: UID | None
    as_read: bool


def is_as_read(dataset: Dataset, tag: int) -> bool:
    """Say whether an element is there, and was not set."""
    found = dataset._raw(tag)
    return found is not None and not (isinstance(found, DataElement) and found._raw is None)


def transfer_syntax_of(meta: Dataset | None) -> UID | None:
    """Return the transfer syntax UID that file meta information names; None where it names none."""
    value = None if meta is None or _TRANSFER_SYNTAX not in meta._elements else meta._element(_TRANSFER_SYNTAX).value
    return UID(value) if isinstance(value, str) and value else None


def target_of(
    dataset: Dataset, meta: Dataset | None, implicit: bool | None, little: bool | None, *, keep: bool
) -> Target:
    """Return how the data set of a file is written.

    Args:
        dataset: The data set.
        meta: Its file meta information.
        implicit: Whether headers have no VR, if the caller says so.
        little: The byte order of numbers, if the caller says so.
        keep: Whether what was read in another form than its transfer syntax says stays so.

    Raises:
        EncodeError: Nothing says how, or what is said does not go together.
    """
    syntax = transfer_syntax_of(meta)
    as_read = syntax is not None and meta is not None and is_as_read(meta, _TRANSFER_SYNTAX)
    kind = classify(syntax)
    if kind == Syntax.NO_DATA_SET:
        raise EncodeError("the transfer syntax is one without a data set", tag=_TRANSFER_SYNTAX)
    original, set_now = dataset.original_encoding, (dataset.is_implicit_VR, dataset.is_little_endian)
    if kind == Syntax.UNKNOWN:
        form = _fallback(dataset, implicit, little)
        return Target(form, False, syntax, as_read)
    form = _FORMS[kind]
    wanted = (bool(form & IMPLICIT), bool(form & LITTLE))
    # What reading left behind contradicts nothing.
    said = [(implicit, little), set_now if set_now != original else (None, None)]
    if any(
        choice is not None and choice is not right for pair in said for choice, right in zip(pair, wanted, strict=True)
    ):
        raise EncodeError(
            f"implicit_vr, little_endian or what the dataset says of them contradicts the transfer syntax, {kind}",
            tag=_TRANSFER_SYNTAX,
        )
    deflate = kind == Syntax.DEFLATED
    if keep and as_read and None not in original:
        form = form_of(implicit=bool(original[0]), little=bool(original[1]))
        deflate = deflate and not _was_plain(dataset)
    return Target(form, deflate, syntax, as_read)


def _fallback(dataset: Dataset, implicit: bool | None, little: bool | None) -> int:
    """Return the form where no transfer syntax tells."""
    if implicit is not None and little is None:
        little = True
    for choice in (
        (implicit, little),
        (dataset.is_implicit_VR, dataset.is_little_endian),
        dataset.original_encoding,
    ):
        if choice[0] is not None and choice[1] is not None:
            if choice[0] and not choice[1]:
                raise EncodeError("there is no implicit VR in big endian")
            return form_of(implicit=choice[0], little=choice[1])
    raise EncodeError(
        "nothing says how the data set is to be encoded: set file_meta.TransferSyntaxUID, or give implicit_vr and "
        "little_endian",
        tag=_TRANSFER_SYNTAX,
    )


def _was_plain(dataset: Dataset) -> bool:
    """Say whether the data set of a deflated transfer syntax was not deflated."""
    for tag in dataset._elements:
        found = dataset._raw(tag)
        raw = found._raw if isinstance(found, DataElement) else found
        if raw is not None:
            return not raw[5] & INFLATED
    return False
