"""The value of PN: a person's name in up to three scripts.

A name read from a file keeps its bytes, and is decoded when it is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.charset import DEFAULT_ENCODING, PN_DELIMITERS, decode_bytes, encode_string
from adicom.checking import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adicom.checking import ValidationMode

__all__ = ("PersonName",)

_PARTS = ("family_name", "given_name", "middle_name", "name_prefix", "name_suffix")


class PersonName:
    """A person's name; equal to its text, and never changed.

    Args:
        val: The name, as text or encoded; its component groups (alphabetic, ideographic, phonetic) are separated
            by ``=``, the five parts of each by ``^``. None makes None.
        encodings: What :func:`~adicom.charset.encodings_for` gave.
        original_string: For a text: how it is encoded.
        validation_mode: What to do with a text that PS3.5 6.2 does not allow.

    Raises:
        EncodeError: PS3.5 6.2 does not allow the text, and the mode is to raise.

    Example:
        >>> name = PersonName("Yamada^Tarou=山田^太郎=やまだ^たろう")
        >>> name.family_name, name.ideographic, name.family_comma_given()
        ('Yamada', '山田^太郎', 'Yamada, Tarou')
        >>> name == "Yamada^Tarou=山田^太郎=やまだ^たろう"
        True
    """

    __slots__ = ("_components", "_encodings", "_raw")
    _raw: bytes | None
    _components: tuple[str, ...] | None
    _encodings: tuple[str, ...] | None

    def __new__(  # type: ignore[misc]  # as in pydicom, None makes None
        cls,
        val: bytes | str | PersonName | None = "",
        encodings: str | Sequence[str] | None = None,
        original_string: bytes | None = None,
        validation_mode: ValidationMode | None = None,
    ) -> PersonName | None:
        """Make a name, or None of None."""
        if val is None:
            return None
        if isinstance(val, PersonName):
            return _make(cls, val._raw, val._components, val._encodings)
        codecs = (encodings,) if isinstance(encodings, str) else None if encodings is None else tuple(encodings)
        if isinstance(val, bytes):
            return _make(cls, val, None, codecs)
        if not isinstance(val, str):
            raise TypeError(f"a name is made of text or bytes, not of {type(val).__name__}")
        check("PN", val, validation_mode)
        return _make(cls, original_string, _groups(val), codecs)

    @classmethod
    def of(cls, raw: bytes, encodings: tuple[str, ...]) -> PersonName:
        """Return an encoded name, without what the constructor looks at.

        Example:
            >>> PersonName.of(b"Adams^John", ("iso8859_1",)).given_name
            'John'
        """
        name: PersonName = object.__new__(cls)
        name._raw = raw
        name._components = None
        name._encodings = encodings
        return name

    @property
    def original_string(self) -> bytes | None:
        """The encoded name, where it came encoded."""
        return self._raw

    @property
    def encodings(self) -> tuple[str, ...] | None:
        """The Python codecs it is encoded with, where they are known."""
        return self._encodings

    @property
    def components(self) -> tuple[str, ...]:
        """The component groups, as many as there are up to the last one that is not empty."""
        if self._components is None:
            self._components = _groups(
                decode_bytes(self._raw or b"", self._encodings or (DEFAULT_ENCODING,), PN_DELIMITERS)
            )
        return self._components

    def _group(self, index: int) -> str:
        groups = self.components
        return groups[index] if index < len(groups) else ""

    def _part(self, index: int) -> str:
        parts = self._group(0).split("^")
        return parts[index] if index < len(parts) else ""

    @property
    def alphabetic(self) -> str:
        """The first component group."""
        return self._group(0)

    @property
    def ideographic(self) -> str:
        """The second component group."""
        return self._group(1)

    @property
    def phonetic(self) -> str:
        """The third component group."""
        return self._group(2)

    @property
    def family_name(self) -> str:
        """The first part of the alphabetic group."""
        return self._part(0)

    @property
    def given_name(self) -> str:
        """The second part of the alphabetic group."""
        return self._part(1)

    @property
    def middle_name(self) -> str:
        """The third part of the alphabetic group."""
        return self._part(2)

    @property
    def name_prefix(self) -> str:
        """The fourth part of the alphabetic group."""
        return self._part(3)

    @property
    def name_suffix(self) -> str:
        """The fifth part of the alphabetic group."""
        return self._part(4)

    def family_comma_given(self) -> str:
        """Return the name as "Family, Given"."""
        return f"{self.family_name}, {self.given_name}"

    def formatted(self, format_str: str) -> str:
        """Return the name as text in a %-format with the names of the parts.

        Example:
            >>> PersonName("Adams^John^^Rev.").formatted("%(name_prefix)s %(given_name)s %(family_name)s")
            'Rev. John Adams'
        """
        return format_str % {part: getattr(self, part) for part in (*_PARTS, "ideographic", "phonetic")}

    def decode(self, encodings: str | Sequence[str] | None = None) -> PersonName:
        """Return the name as it reads with other encodings; itself where they are the same."""
        codecs = (encodings,) if isinstance(encodings, str) else tuple(encodings or ())
        if not codecs or codecs == self._encodings:
            return self
        if self._raw is None and self._encodings is None:
            return _make(type(self), None, self._components, codecs)  # made from text: there is nothing to decode
        return _make(type(self), self.encode(), None, codecs)

    def encode(self, encodings: str | Sequence[str] | None = None, *, errors: str = "strict") -> bytes:
        """Return the name encoded: as it came where the encodings are the same.

        Args:
            encodings: What :func:`~adicom.charset.encodings_for` gave; None for the name's own.
            errors: ``"replace"`` writes a question mark, with a warning, where ``"strict"`` raises.

        Raises:
            EncodeError: The encodings do not have all of its characters.
        """
        codecs = (encodings,) if isinstance(encodings, str) else tuple(encodings or ())
        if self._raw is not None and (not codecs or self._encodings in (None, codecs)):
            return self._raw
        codecs = codecs or self._encodings or (DEFAULT_ENCODING,)
        return encode_string(str(self), codecs, PN_DELIMITERS, errors=errors)

    def __str__(self) -> str:
        return "=".join(self.components)

    def __repr__(self) -> str:
        return repr(str(self))

    def __eq__(self, other: object) -> bool:
        return str(self) == (str(other) if isinstance(other, PersonName) else other)

    def __hash__(self) -> int:
        return hash(str(self))  # that of the text it is equal to

    def __bool__(self) -> bool:
        return bool(self._raw) or any(self.components)

    def __len__(self) -> int:
        return len(str(self))

    def __iter__(self) -> Iterator[str]:
        return iter(str(self))

    def __contains__(self, text: str) -> bool:
        return text in str(self)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _make, (type(self), self._raw, self._components, self._encodings)

    def __copy__(self) -> PersonName:
        return self

    def __deepcopy__(self, memo: Any) -> PersonName:
        return self

    @classmethod
    def from_named_components(
        cls,
        family_name: str | bytes = "",
        given_name: str | bytes = "",
        middle_name: str | bytes = "",
        name_prefix: str | bytes = "",
        name_suffix: str | bytes = "",
        family_name_ideographic: str | bytes = "",
        given_name_ideographic: str | bytes = "",
        middle_name_ideographic: str | bytes = "",
        name_prefix_ideographic: str | bytes = "",
        name_suffix_ideographic: str | bytes = "",
        family_name_phonetic: str | bytes = "",
        given_name_phonetic: str | bytes = "",
        middle_name_phonetic: str | bytes = "",
        name_prefix_phonetic: str | bytes = "",
        name_suffix_phonetic: str | bytes = "",
        encodings: Sequence[str] | None = None,
    ) -> PersonName:
        """Make a name of its parts (PS3.5 6.2.1.1), each as text or encoded.

        Raises:
            ValueError: A part has one of the separators ``^``, ``=`` and backslash.

        Example:
            >>> PersonName.from_named_components("Adams", "John Robert Quincy", name_prefix="Rev.")
            'Adams^John Robert Quincy^^Rev.'
        """
        groups = (
            (family_name, given_name, middle_name, name_prefix, name_suffix),
            (
                family_name_ideographic,
                given_name_ideographic,
                middle_name_ideographic,
                name_prefix_ideographic,
                name_suffix_ideographic,
            ),
            (
                family_name_phonetic,
                given_name_phonetic,
                middle_name_phonetic,
                name_prefix_phonetic,
                name_suffix_phonetic,
            ),
        )
        return _from_groups(cls, groups, encodings)

    @classmethod
    def from_named_components_veterinary(
        cls,
        responsible_party_name: str | bytes = "",
        patient_name: str | bytes = "",
        responsible_party_name_ideographic: str | bytes = "",
        patient_name_ideographic: str | bytes = "",
        responsible_party_name_phonetic: str | bytes = "",
        patient_name_phonetic: str | bytes = "",
        encodings: Sequence[str] | None = None,
    ) -> PersonName:
        """Make the name of an animal: that of the person or organization responsible, and its own.

        Raises:
            ValueError: A part has one of the separators ``^``, ``=`` and backslash.

        Example:
            >>> PersonName.from_named_components_veterinary("ABC Farms", "Running on Water")
            'ABC Farms^Running on Water'
        """
        groups = (
            (responsible_party_name, patient_name),
            (responsible_party_name_ideographic, patient_name_ideographic),
            (responsible_party_name_phonetic, patient_name_phonetic),
        )
        return _from_groups(cls, groups, encodings)


def _make(
    cls: type[PersonName], raw: bytes | None, components: tuple[str, ...] | None, encodings: tuple[str, ...] | None
) -> PersonName:
    name: PersonName = object.__new__(cls)
    name._raw = raw
    name._components = components
    name._encodings = encodings
    return name


def _groups(text: str) -> tuple[str, ...]:
    """Cut at ``=``, without the empty groups at the end."""
    if "=" not in text:
        return (text,) if text else ()
    return tuple(text.rstrip("=").split("=")) if text.strip("=") else ()


def _from_groups(
    cls: type[PersonName], groups: Sequence[Sequence[str | bytes]], encodings: Sequence[str] | None
) -> PersonName:
    codecs = (DEFAULT_ENCODING,) if encodings is None else tuple(encodings)
    texts = ["^".join(_check_part(part, codecs) for part in group).rstrip("^") for group in groups]
    components = _groups("=".join(texts))
    raw = encode_string("=".join(components), codecs, PN_DELIMITERS)
    return _make(cls, raw, components, None if encodings is None else codecs)


def _check_part(part: str | bytes, encodings: Sequence[str]) -> str:
    text = decode_bytes(part, encodings, b"") if isinstance(part, bytes) else part
    if not {"^", "=", "\\"}.isdisjoint(text):
        raise ValueError("A part of a name may not have '^', '=' or a backslash")
    return text
