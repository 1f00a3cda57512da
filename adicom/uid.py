"""Unique identifiers (UIDs) that know what PS3.6 annex A says about them.

The transfer syntaxes are listed here; every other registered UID can be had by its keyword as well.

Example:
    >>> from adicom.uid import CTImageStorage
    >>> CTImageStorage.name
    'CT Image Storage'
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from adicom._generated.uid_table import UIDS
from adicom.checking import IGNORE, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.checking import ValidationMode

__all__ = (
    "HEVCM10P51",
    "HEVCMP51",
    "HTJ2K",
    "JPEG2000",
    "JPEG2000MC",
    "JPEGXL",
    "MPEG2MPHL",
    "MPEG2MPHLF",
    "MPEG2MPML",
    "MPEG2MPMLF",
    "MPEG4HP41",
    "MPEG4HP41BD",
    "MPEG4HP41BDF",
    "MPEG4HP41F",
    "MPEG4HP42STEREO",
    "MPEG4HP42STEREOF",
    "MPEG4HP422D",
    "MPEG4HP422DF",
    "MPEG4HP423D",
    "MPEG4HP423DF",
    "UID",
    "AllTransferSyntaxes",
    "DeflatedExplicitVRLittleEndian",
    "DeflatedImageFrameCompression",
    "EncapsulatedUncompressedExplicitVRLittleEndian",
    "ExplicitVRBigEndian",
    "ExplicitVRLittleEndian",
    "GEPrivateImplicitVRLittleEndian",
    "HTJ2KLossless",
    "HTJ2KLosslessRPCL",
    "ImplicitVRLittleEndian",
    "JPEG2000Lossless",
    "JPEG2000MCLossless",
    "JPEG2000TransferSyntaxes",
    "JPEGBaseline8Bit",
    "JPEGExtended12Bit",
    "JPEGLSLossless",
    "JPEGLSNearLossless",
    "JPEGLSTransferSyntaxes",
    "JPEGLossless",
    "JPEGLosslessSV1",
    "JPEGTransferSyntaxes",
    "JPEGXLJPEGRecompression",
    "JPEGXLLossless",
    "JPEGXLTransferSyntaxes",
    "JPIPHTJ2KReferenced",
    "JPIPHTJ2KReferencedDeflate",
    "JPIPReferenced",
    "JPIPReferencedDeflate",
    "MPEGTransferSyntaxes",
    "Papyrus3ImplicitVRLittleEndian",
    "RFC2557MIMEEncapsulation",
    "RLELossless",
    "RLETransferSyntaxes",
    "SMPTEST211020UncompressedInterlacedActiveVideo",
    "SMPTEST211020UncompressedProgressiveActiveVideo",
    "SMPTEST211030PCMDigitalAudio",
    "UncompressedTransferSyntaxes",
    "XMLEncoding",
    "generate_uid",
)

_DICOM_ROOT: Final = "1.2.840.10008."
_MAX_LENGTH: Final = 64  # PS3.5 9.1


class UID(str):
    """A UID: a ``str`` without surrounding spaces.

    Args:
        val: The UID; it need not be valid, for files hold many that are not.
        validation_mode: What to do where it is not: as in :func:`adicom.checking.validation`.

    Raises:
        EncodeError: It is not valid, and the mode is to raise.
        TypeError: It is no string.

    Example:
        >>> uid = UID("1.2.840.10008.1.2.4.50")
        >>> uid.name, uid.keyword, uid.type
        ('JPEG Baseline (Process 1)', 'JPEGBaseline8Bit', 'Transfer Syntax')
        >>> uid.is_little_endian, uid.is_implicit_VR, uid.is_compressed
        (True, False, True)
    """

    _private_encoding: tuple[bool, bool] | None = None

    def __new__(cls, val: str, validation_mode: ValidationMode | None = None) -> Self:
        """Make a UID."""
        if not isinstance(val, str):
            raise TypeError("a UID must be made from a string")
        uid = super().__new__(cls, val.strip())
        check("UI", uid, validation_mode)
        if isinstance(val, UID) and val._private_encoding:
            uid._private_encoding = val._private_encoding
        return uid

    @property
    def name(self) -> str:
        """The registered name, or else the UID."""
        row = _registered().get(str(self))
        return row[1] if row else str(self)

    @property
    def type(self) -> str:
        """What it is registered as: ``"Transfer Syntax"``, ``"SOP Class"``, or nothing."""
        return _field(self, 2)

    @property
    def info(self) -> str:
        """What the registry adds to the name."""
        return _field(self, 3)

    @property
    def is_retired(self) -> bool:
        """Whether the standard has retired it."""
        return bool(_field(self, 4))

    @property
    def keyword(self) -> str:
        """The registered keyword, or nothing."""
        return _field(self, 5)

    @property
    def is_private(self) -> bool:
        """Whether it lies outside of the standard's own root."""
        return not self.startswith(_DICOM_ROOT)

    @property
    def is_valid(self) -> bool:
        """Whether it is what PS3.5 9.1 allows: up to 64 characters, numbers without leading zeros."""
        return len(self) <= _MAX_LENGTH and all(
            part.isdecimal() and part.isascii() and (part == "0" or part[0] != "0") for part in self.split(".")
        )

    @property
    def is_transfer_syntax(self) -> bool:
        """Whether it says how a data set is encoded."""
        return self.type == "Transfer Syntax" or self in _PRIVATE_ENCODINGS or self._private_encoding is not None

    @property
    def is_implicit_VR(self) -> bool:
        """Whether a data set in this transfer syntax has no VRs.

        Raises:
            ValueError: It is no known transfer syntax; so with the next properties.
        """
        return self._encoding()[0]

    @property
    def is_little_endian(self) -> bool:
        """Whether numbers in a data set of this transfer syntax begin with the lowest byte."""
        return self._encoding()[1]

    @property
    def is_deflated(self) -> bool:
        """Whether a data set in this transfer syntax is deflated as a whole."""
        self._encoding()
        return self in _DEFLATED

    @property
    def is_encapsulated(self) -> bool:
        """Whether pixel data comes in fragments."""
        self._encoding()
        return self not in _NATIVE and self not in _PRIVATE_ENCODINGS

    @property
    def is_compressed(self) -> bool:
        """The same as ``is_encapsulated``, as in pydicom."""
        return self.is_encapsulated

    def set_private_encoding(self, implicit_vr: bool, little_endian: bool) -> None:
        """Say how a data set of this private transfer syntax is encoded.

        Example:
            >>> uid = UID("1.2.3.4")
            >>> uid.set_private_encoding(implicit_vr=False, little_endian=True)
            >>> uid.is_transfer_syntax, uid.is_implicit_VR
            (True, False)
        """
        self._private_encoding = (implicit_vr, little_endian)

    def _encoding(self) -> tuple[bool, bool]:
        """Return whether the VR is implicit, then whether the byte order is little endian."""
        if not self.is_transfer_syntax:
            raise ValueError("UID is not a transfer syntax.")
        # PS3.5 annex A: but for these two every registered one is Explicit VR Little Endian.
        known = self._private_encoding or _PRIVATE_ENCODINGS.get(self)
        return known or (self == ImplicitVRLittleEndian, self != ExplicitVRBigEndian)


@cache
def _registered() -> dict[str, list[str]]:
    """Return the rows of the registry by UID."""
    rows = (line.split("|") for line in UIDS.splitlines())
    return {row[0]: row for row in rows}


@cache
def _by_keyword() -> dict[str, str]:
    """Return the registered UIDs by their keyword."""
    return {row[5]: uid for uid, row in _registered().items() if row[5]}


def _field(uid: UID, column: int) -> str:
    """Return one field of a registered UID, nothing of another one."""
    row = _registered().get(str(uid))
    return row[column] if row else ""


ImplicitVRLittleEndian: Final = UID("1.2.840.10008.1.2")
ExplicitVRLittleEndian: Final = UID("1.2.840.10008.1.2.1")
EncapsulatedUncompressedExplicitVRLittleEndian: Final = UID("1.2.840.10008.1.2.1.98")
DeflatedExplicitVRLittleEndian: Final = UID("1.2.840.10008.1.2.1.99")
ExplicitVRBigEndian: Final = UID("1.2.840.10008.1.2.2")
JPEGBaseline8Bit: Final = UID("1.2.840.10008.1.2.4.50")
JPEGExtended12Bit: Final = UID("1.2.840.10008.1.2.4.51")
JPEGLossless: Final = UID("1.2.840.10008.1.2.4.57")
JPEGLosslessSV1: Final = UID("1.2.840.10008.1.2.4.70")
JPEGLSLossless: Final = UID("1.2.840.10008.1.2.4.80")
JPEGLSNearLossless: Final = UID("1.2.840.10008.1.2.4.81")
JPEG2000Lossless: Final = UID("1.2.840.10008.1.2.4.90")
JPEG2000: Final = UID("1.2.840.10008.1.2.4.91")
JPEG2000MCLossless: Final = UID("1.2.840.10008.1.2.4.92")
JPEG2000MC: Final = UID("1.2.840.10008.1.2.4.93")
JPIPReferenced: Final = UID("1.2.840.10008.1.2.4.94")
JPIPReferencedDeflate: Final = UID("1.2.840.10008.1.2.4.95")
MPEG2MPML: Final = UID("1.2.840.10008.1.2.4.100")
MPEG2MPMLF: Final = UID("1.2.840.10008.1.2.4.100.1")
MPEG2MPHL: Final = UID("1.2.840.10008.1.2.4.101")
MPEG2MPHLF: Final = UID("1.2.840.10008.1.2.4.101.1")
MPEG4HP41: Final = UID("1.2.840.10008.1.2.4.102")
MPEG4HP41F: Final = UID("1.2.840.10008.1.2.4.102.1")
MPEG4HP41BD: Final = UID("1.2.840.10008.1.2.4.103")
MPEG4HP41BDF: Final = UID("1.2.840.10008.1.2.4.103.1")
MPEG4HP422D: Final = UID("1.2.840.10008.1.2.4.104")
MPEG4HP422DF: Final = UID("1.2.840.10008.1.2.4.104.1")
MPEG4HP423D: Final = UID("1.2.840.10008.1.2.4.105")
MPEG4HP423DF: Final = UID("1.2.840.10008.1.2.4.105.1")
MPEG4HP42STEREO: Final = UID("1.2.840.10008.1.2.4.106")
MPEG4HP42STEREOF: Final = UID("1.2.840.10008.1.2.4.106.1")
HEVCMP51: Final = UID("1.2.840.10008.1.2.4.107")
HEVCM10P51: Final = UID("1.2.840.10008.1.2.4.108")
JPEGXLLossless: Final = UID("1.2.840.10008.1.2.4.110")
JPEGXLJPEGRecompression: Final = UID("1.2.840.10008.1.2.4.111")
JPEGXL: Final = UID("1.2.840.10008.1.2.4.112")
HTJ2KLossless: Final = UID("1.2.840.10008.1.2.4.201")
HTJ2KLosslessRPCL: Final = UID("1.2.840.10008.1.2.4.202")
HTJ2K: Final = UID("1.2.840.10008.1.2.4.203")
JPIPHTJ2KReferenced: Final = UID("1.2.840.10008.1.2.4.204")
JPIPHTJ2KReferencedDeflate: Final = UID("1.2.840.10008.1.2.4.205")
RLELossless: Final = UID("1.2.840.10008.1.2.5")
RFC2557MIMEEncapsulation: Final = UID("1.2.840.10008.1.2.6.1")
XMLEncoding: Final = UID("1.2.840.10008.1.2.6.2")
SMPTEST211020UncompressedProgressiveActiveVideo: Final = UID("1.2.840.10008.1.2.7.1")
SMPTEST211020UncompressedInterlacedActiveVideo: Final = UID("1.2.840.10008.1.2.7.2")
SMPTEST211030PCMDigitalAudio: Final = UID("1.2.840.10008.1.2.7.3")
DeflatedImageFrameCompression: Final = UID("1.2.840.10008.1.2.8.1")
Papyrus3ImplicitVRLittleEndian: Final = UID("1.2.840.10008.1.20")
GEPrivateImplicitVRLittleEndian: Final = UID("1.2.840.113619.5.2")
"""Implicit VR Little Endian, but the words of Pixel Data are big endian."""

# Neither is in the standard any more, or ever was; both are Implicit VR Little Endian.
_PRIVATE_ENCODINGS: Final = {
    Papyrus3ImplicitVRLittleEndian: (True, True),
    GEPrivateImplicitVRLittleEndian: (True, True),
}

_DEFLATED: Final = frozenset({DeflatedExplicitVRLittleEndian, JPIPReferencedDeflate, JPIPHTJ2KReferencedDeflate})

UncompressedTransferSyntaxes: Final = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
)
_NATIVE: Final = frozenset(UncompressedTransferSyntaxes)

JPEGTransferSyntaxes: Final = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1)
JPEGLSTransferSyntaxes: Final = (JPEGLSLossless, JPEGLSNearLossless)
JPEG2000TransferSyntaxes: Final = (
    JPEG2000Lossless,
    JPEG2000,
    JPEG2000MCLossless,
    JPEG2000MC,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    HTJ2K,
)
JPEGXLTransferSyntaxes: Final = (JPEGXLLossless, JPEGXLJPEGRecompression, JPEGXL)
MPEGTransferSyntaxes: Final = (
    MPEG2MPML,
    MPEG2MPMLF,
    MPEG2MPHL,
    MPEG2MPHLF,
    MPEG4HP41,
    MPEG4HP41F,
    MPEG4HP41BD,
    MPEG4HP41BDF,
    MPEG4HP422D,
    MPEG4HP422DF,
    MPEG4HP423D,
    MPEG4HP423DF,
    MPEG4HP42STEREO,
    MPEG4HP42STEREOF,
    HEVCMP51,
    HEVCM10P51,
)
RLETransferSyntaxes: Final = (RLELossless,)

AllTransferSyntaxes: Final = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    EncapsulatedUncompressedExplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    *JPEGTransferSyntaxes,
    *JPEGLSTransferSyntaxes,
    *JPEG2000TransferSyntaxes,
    *JPEGXLTransferSyntaxes,
    *MPEGTransferSyntaxes,
    JPIPReferenced,
    JPIPReferencedDeflate,
    JPIPHTJ2KReferenced,
    JPIPHTJ2KReferencedDeflate,
    RLELossless,
    DeflatedImageFrameCompression,
    SMPTEST211020UncompressedProgressiveActiveVideo,
    SMPTEST211020UncompressedInterlacedActiveVideo,
    SMPTEST211030PCMDigitalAudio,
)
"""All that are not retired, with Explicit VR Big Endian, which old archives are full of."""


def generate_uid(prefix: str | None = None, entropy_srcs: list[str] | None = None) -> UID:
    """Make a new UID.

    Args:
        prefix: What it shall begin with, a dot at its end; without one it is a UUID under ``2.25.`` (PS3.5 B.2).
        entropy_srcs: Texts that decide it instead of chance: the same ones give the same UID.

    Raises:
        ValueError: The prefix is not valid, or too long.

    Example:
        >>> generate_uid().startswith("2.25.")
        True
        >>> generate_uid("1.2.3.", ["a", "b"])
        '1.2.3.2370045107393547933724067596478224281054239580051635154659'
    """
    if prefix is None:
        return UID(f"2.25.{_uuid_number(entropy_srcs)}")
    if not prefix.endswith(".") or not UID(prefix[:-1], IGNORE).is_valid or len(prefix) >= _MAX_LENGTH:
        raise ValueError("the prefix of a UID must be valid, end with a dot, and leave room for a number")
    return UID(prefix + _digits(entropy_srcs, _MAX_LENGTH - len(prefix)))


# Making a UID is rare, so what it takes is imported then.


def _hash(sources: list[str]) -> bytes:
    """Return what the texts decide the UID by; pydicom hashes them in the same way."""
    import hashlib

    return hashlib.sha512("".join(sources).encode()).digest()


def _uuid_number(sources: list[str] | None) -> int:
    """Return a UUID as a number, made of the texts or at random."""
    import uuid

    return (uuid.uuid4() if sources is None else uuid.UUID(bytes=_hash(sources)[:16], version=5)).int


def _digits(sources: list[str] | None, room: int) -> str:
    """Return a number of at most that many digits, made of the texts or at random."""
    import secrets

    return str(secrets.randbelow(10**room) if sources is None else int.from_bytes(_hash(sources)))[:room]


# What pydicom called them before version 3. Its JPEGLossless of then is JPEGLosslessSV1 now: the name of today wins.
_FORMER_NAMES: Final = {
    "JPEGBaseline": JPEGBaseline8Bit,
    "JPEGExtended": JPEGExtended12Bit,
    "JPEGLosslessP14": JPEGLossless,
    "JPEGLSLossy": JPEGLSNearLossless,
    "JPEG2000MultiComponentLossless": JPEG2000MCLossless,
    "JPEG2000MultiComponent": JPEG2000MC,
}


@cache
def _dictionary() -> Mapping[str, tuple[str, str, str, str, str]]:
    """Return the registry as pydicom has it: name, type, what is added, "Retired" or "", keyword, by UID."""
    rows = _registered().items()
    return MappingProxyType({uid: (row[1], row[2], row[3], "Retired" if row[4] else "", row[5]) for uid, row in rows})


def __getattr__(name: str) -> Any:
    """Return any other registered UID by its keyword, ``adicom.uid.CTImageStorage``, or all: ``UID_dictionary``."""
    if name == "UID_dictionary":
        return _dictionary()
    if uid := _FORMER_NAMES.get(name):
        return uid
    if found := _by_keyword().get(name):
        return UID(found)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_by_keyword(), "UID_dictionary"})
