"""Every exception that adicom raises on purpose.

The tree::

    DicomError
    ├── ParseError                    offset, path, tag
    │   ├── InvalidDicomError         this is no DICOM
    │   ├── TruncatedError            wanted, got, dataset: the bytes ended too early
    │   ├── InvalidJsonError          (also ValueError) this is no DICOM JSON Model
    │   └── LimitError                limit: one of ParserLimits was reached
    ├── SourceError (also OSError)    reading from where the bytes are went wrong
    │   ├── SourceNotFoundError       (also FileNotFoundError)
    │   ├── SourcePermissionError     (also PermissionError)
    │   ├── SourceTimeoutError        (also TimeoutError)
    │   └── SourceChangedError        the object is not the one that was read before
    ├── SinkError (also OSError)      sink, written: writing to where the bytes go went wrong
    │   ├── SinkExistsError           (also FileExistsError) overwrite=False, and something is there
    │   ├── SinkNotFoundError         (also FileNotFoundError) there is no such folder or bucket
    │   ├── SinkPermissionError       (also PermissionError)
    │   └── SinkTimeoutError          (also TimeoutError)
    ├── BudgetExceededError           max_requests or max_bytes would be exceeded
    ├── DeferredValueError            the value is not here; the text says what to await
    ├── DecodeError                   a value or a frame cannot be decoded
    └── EncodeError                   (also ValueError) path, tag: something cannot be encoded

A caller's mistake stays TypeError, ValueError or KeyError. What is only tolerated is a DicomWarning.

Rule: a message carries tag, VR, path, offset and length, never a value (it may be a patient's) and
never a credential. Where the value helps, ``exc.value`` holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from adicom.dataset import FileDataset

__all__ = (
    "BudgetExceededError",
    "DecodeError",
    "DeferredValueError",
    "DicomError",
    "DicomWarning",
    "EncodeError",
    "InvalidDicomError",
    "InvalidJsonError",
    "LimitError",
    "ParseError",
    "SinkError",
    "SinkExistsError",
    "SinkNotFoundError",
    "SinkPermissionError",
    "SinkTimeoutError",
    "SourceChangedError",
    "SourceError",
    "SourceNotFoundError",
    "SourcePermissionError",
    "SourceTimeoutError",
    "TruncatedError",
    "format_path",
)

Path: TypeAlias = tuple[tuple[int, int], ...]
"""Where in the nesting: (tag of the sequence, zero-based number of the item), outermost first."""


def format_path(path: Path, tag: int | None = None) -> str:
    """Return the path and the tag as text.

    Example:
        >>> format_path(((0x300A00B0, 2),), 0x300A00C0)
        '(300A,00B0)[2] > (300A,00C0)'
        >>> format_path(())
        ''
    """
    steps = [f"({step >> 16:04X},{step & 0xFFFF:04X})[{index}]" for step, index in path]
    if tag is not None:
        steps.append(f"({tag >> 16:04X},{tag & 0xFFFF:04X})")
    return " > ".join(steps)


class DicomError(Exception):
    """The base of every error of adicom's own.

    Attributes:
        value: The offending value where there is one; it is never part of the message.
    """

    value: Any = None


class ParseError(DicomError):
    """The bytes are not what the standard wants, or not what adicom can make sense of.

    Args:
        message: What was wanted and what was found, without any value.
        offset: Where, in bytes from the start of the source (of the inflated data in a deflated data set).
        path: The sequences and items around it.
        tag: The tag of the data element, where it is known.

    Example:
        >>> print(ParseError("odd end", offset=132, path=((0x00081140, 0),), tag=0x00081155))
        odd end, at byte 132, in (0008,1140)[0] > (0008,1155)
    """

    def __init__(
        self, message: str = "", *, offset: int | None = None, path: Path = (), tag: int | None = None
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.path = path
        self.tag = tag

    def __str__(self) -> str:
        text = str(self.args[0]) if self.args else ""
        if self.offset is not None:
            text += f", at byte {self.offset}"
        if self.path or self.tag is not None:
            text += f", in {format_path(self.path, self.tag)}"
        return text


class InvalidDicomError(ParseError):
    """The source is no DICOM file: no ``DICM`` prefix, an empty object, or a transfer syntax that is no data set."""

    def __init__(
        self,
        message: str = "The file is missing the DICM prefix of PS3.10 7.1. Use force=True to read it all the same",
        *,
        offset: int | None = None,
        path: Path = (),
        tag: int | None = None,
    ) -> None:
        super().__init__(message, offset=offset, path=path, tag=tag)


class TruncatedError(ParseError):
    """The bytes ended before what was announced.

    Attributes:
        wanted: How many bytes were wanted from ``offset`` on; the least that could be right where that is unknown.
        got: How many were there.
        dataset: The complete elements that came before, where a dataset was being built.
    """

    def __init__(
        self,
        message: str = "",
        *,
        offset: int | None = None,
        path: Path = (),
        tag: int | None = None,
        wanted: int = 0,
        got: int = 0,
        dataset: FileDataset | None = None,
    ) -> None:
        super().__init__(message, offset=offset, path=path, tag=tag)
        self.wanted = wanted
        self.got = got
        self.dataset = dataset


class InvalidJsonError(ParseError, ValueError):
    """The text is no JSON, or what it says is not the DICOM JSON Model (PS3.18 annex F)."""


class LimitError(ParseError):
    """One of the :class:`~adicom.parser.ParserLimits` was reached.

    Attributes:
        limit: The name of the limit.
    """

    def __init__(
        self,
        message: str = "",
        *,
        offset: int | None = None,
        path: Path = (),
        tag: int | None = None,
        limit: str = "",
    ) -> None:
        super().__init__(message, offset=offset, path=path, tag=tag)
        self.limit = limit


class SourceError(DicomError, OSError):
    """Reading from a file, a server or a stream went wrong."""


class SourceNotFoundError(SourceError, FileNotFoundError):
    """There is nothing at that path or URL."""


class SourcePermissionError(SourceError, PermissionError):
    """The file system or the server refuses access."""


class SourceTimeoutError(SourceError, TimeoutError):
    """The source did not answer in time."""


class SourceChangedError(SourceError):
    """The object is not the one that was read before: its ETag, size or modification time differ."""


class SinkError(DicomError, OSError):
    """Writing to a file, a server or a stream went wrong.

    Args:
        args: A message, or the errno, its text and the name, as of any OSError.
        sink: What messages call the target.
        written: How many bytes had gone out; of a path or an object, into what was not yet in its place.

    Example:
        >>> print(SinkError(28, "No space left on device", "a.dcm", sink="a.dcm", written=4096))
        [Errno 28] No space left on device: 'a.dcm', after 4096 bytes
    """

    def __init__(self, *args: Any, sink: str = "", written: int = 0) -> None:
        super().__init__(*args)
        self.sink = sink
        self.written = written

    def __str__(self) -> str:
        return f"{super().__str__()}, after {self.written} bytes"


class SinkExistsError(SinkError, FileExistsError):
    """There is something already, and ``overwrite=False``."""


class SinkNotFoundError(SinkError, FileNotFoundError):
    """There is no such folder, container or server path to write into."""


class SinkPermissionError(SinkError, PermissionError):
    """The file system or the server refuses access."""


class SinkTimeoutError(SinkError, TimeoutError):
    """The sink did not take the bytes in time."""


class BudgetExceededError(DicomError):
    """The next request would exceed ``max_requests``, or its answer ``max_bytes``."""


class DeferredValueError(DicomError):
    """A deferred value was accessed where it cannot be read without waiting, or not at all."""


class DecodeError(DicomError, NotImplementedError):
    """A value or a frame cannot be decoded here."""


class EncodeError(DicomError, ValueError):
    """A value, a dataset or a series of events cannot be encoded.

    Args:
        message: What was wanted and what was found, without any value.
        path: The sequences and items around it.
        tag: The tag of the data element, where it is known.

    Example:
        >>> print(EncodeError("the number is too large", path=((0x00081140, 0),), tag=0x00280010))
        the number is too large, in (0008,1140)[0] > (0028,0010)
    """

    def __init__(self, message: str = "", *, path: Path = (), tag: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.tag = tag

    def __str__(self) -> str:
        text = str(self.args[0]) if self.args else ""
        if self.path or self.tag is not None:
            text += f", in {format_path(self.path, self.tag)}"
        return text


class DicomWarning(UserWarning):
    """Something in the input is not as the standard wants it, and was tolerated."""
