"""An object that stays open: its header is here, the rest is fetched when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.filereader.keywords import split_keywords
from adicom.filereader.options import ParseOptions
from adicom.pixels import WINDOW
from adicom.reader.awaited import DicomReader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from adicom.filereader import ReadKeywords, SpecificTag

__all__ = ("DEFER_SIZE", "DicomReader", "open_dicom")

DEFER_SIZE: Final = 64 * 1024
"""Values longer than this wait until they are asked for."""


def open_dicom(
    fp: Any,
    defer_size: float | str | None = DEFER_SIZE,
    force: bool = False,
    specific_tags: Iterable[SpecificTag] | None = None,
    *,
    index: str | bytes | None = None,
    walk_window: int = WINDOW,
    **keywords: Unpack[ReadKeywords],
) -> DicomReader:
    """Open a DICOM object: ``async with adicom.open_dicom(url) as dcm``.

    The header is read; longer values and pixel data are read when they are asked for, over the same connections.
    With an index not even the header is read; its identity is checked when the first bytes come.

    Args:
        fp: As in :func:`adicom.dcmread`.
        defer_size: Values longer than this are deferred; the offset tables of frames never are.
        force: Whether to read what has no ``DICM`` prefix.
        specific_tags: See :func:`adicom.dcmread`. Frames need the elements that tell their layout.
        index: What :meth:`DicomReader.index` returned for this object.
        walk_window: About how many bytes to ask for at a time where no table tells where frames lie.
        **keywords: See :class:`adicom.filereader.ReadKeywords`.

    Raises:
        ValueError: ``index`` is none, or is of no use, for the source cannot be read by range.

    Example:
        >>> import asyncio, pydicom.data, adicom
        >>> async def main(path: str) -> None:
        ...     async with adicom.open_dicom(path) as dcm:
        ...         print(dcm.number_of_frames, len(await dcm.frame_bytes(29)))
        >>> asyncio.run(main(pydicom.data.get_testdata_file("examples_ybr_color.dcm")))
        30 6432
    """
    io, place, others = split_keywords(keywords, "open_dicom")
    options = ParseOptions.make(io, defer_size=defer_size, force=force, specific_tags=specific_tags, **others)
    return DicomReader(fp, options, place, index=index, window=walk_window)
