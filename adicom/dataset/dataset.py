"""The dataset: data elements by tag and by keyword."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, overload

from adicom.dataelem import DataElement, Deferred
from adicom.dataset import convert, copying, encoding, fetching, keywords, pickling, private, text, walking
from adicom.dataset.bare import NO_ELEMENTS, Setting, attributes_of, dictionary_of
from adicom.dataset.bulkdata import BulkDataAccess
from adicom.dataset.dictionary import set_dictionary
from adicom.dataset.elements import Elements
from adicom.dataset.ports import ports
from adicom.dataset.scope import CONTEXT_TAGS
from adicom.tag import KEYWORDS, Tag, TagType, find_keyword

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Container, Iterator, Mapping, Sequence
    from typing import Self, Unpack

    import pydicom

    from adicom._generated.keywords import Keywords
    from adicom.datadict import DataDictionary
    from adicom.dataset.private import PrivateBlock
    from adicom.filewriter.keywords import WriteKeywords
else:
    Keywords = object  # what the keywords are is told to type checkers only, and costs nothing

__all__ = ("Dataset",)


class Dataset(Elements, Keywords):
    """Data elements in the order of their tags, by tag (an element) or by keyword (its value).

    Args:
        elements: The first elements, of another dataset or a mapping.
        dictionary: Elements that are looked up before the standard; see :attr:`dictionary`.

    Example:
        >>> ds = Dataset()
        >>> ds.PatientName = "CITIZEN^Joan"
        >>> ds[0x0010, 0x0010]
        (0010, 0010) Patient's Name                      PN: 'CITIZEN^Joan'
        >>> "PatientName" in ds, (0x0010, 0x0020) in ds
        (True, False)
    """

    __slots__ = ()

    default_element_format = Setting(text.ELEMENT_FORMAT)
    default_sequence_element_format = Setting(text.SEQUENCE_FORMAT)
    indent_chars = Setting("   ")
    _file_meta_class: ClassVar[type[Dataset]]

    @property
    def dictionary(self) -> DataDictionary | None:
        """The data dictionary of your own that the dataset looks elements up in; None for the standard alone.

        What is read with ``dictionary=`` has it, with all its items. Setting it serves the dataset and the items
        that are in it at that moment; values that were looked at before stay as they are, but get their names.

        Example:
            >>> from adicom.datadict import DataDictionary
            >>> ds = Dataset()
            >>> ds.add_new(0x10021001, "DS", "1.5")
            >>> ds.dictionary = DataDictionary({0x10021001: ("DS", "1", "Acme Dose", "", "AcmeDose")})
            >>> ds.AcmeDose, ds[0x10021001].name
            ('1.5', 'Acme Dose')
        """
        return dictionary_of(self)

    @dictionary.setter
    def dictionary(self, dictionary: DataDictionary | None) -> None:
        set_dictionary(self, dictionary)

    # -- what reading leaves behind --

    @property
    def is_undefined_length_sequence_item(self) -> bool:
        """Whether this item had undefined length."""
        own = attributes_of(self).get("is_undefined_length_sequence_item")
        if own is not None:
            return bool(own)
        return self._origin is not None and self._origin.undefined_length

    @is_undefined_length_sequence_item.setter
    def is_undefined_length_sequence_item(self, value: bool) -> None:
        self.__dict__["is_undefined_length_sequence_item"] = bool(value)

    @property
    def is_implicit_VR(self) -> bool | None:
        """Whether elements are, or shall be, encoded without a VR; None where nobody has said."""
        known: bool | None = attributes_of(self).get("is_implicit_VR")
        return known

    @is_implicit_VR.setter
    def is_implicit_VR(self, value: bool | None) -> None:
        self.__dict__["is_implicit_VR"] = value

    @property
    def is_little_endian(self) -> bool | None:
        """The byte order of numbers; None where nobody has said."""
        known: bool | None = attributes_of(self).get("is_little_endian")
        return known

    @is_little_endian.setter
    def is_little_endian(self, value: bool | None) -> None:
        self.__dict__["is_little_endian"] = value

    @property
    def original_encoding(self) -> tuple[bool, bool] | tuple[None, None]:
        """Whether it was read as implicit VR, and as little endian; (None, None) if it was not read."""
        return encoding.original_encoding(self)

    @property
    def original_character_set(self) -> str | list[str]:
        """The Python codecs that its text was read with; an empty text if it was not read."""
        return encoding.original_character_set(self)

    read_encoding = original_character_set

    @property
    def read_implicit_vr(self) -> bool | None:
        """The first part of :attr:`original_encoding`."""
        return self.original_encoding[0]

    @property
    def read_little_endian(self) -> bool | None:
        """The second part of :attr:`original_encoding`."""
        return self.original_encoding[1]

    @property
    def is_original_encoding(self) -> bool:
        """Whether it would be written with the encoding and the character set that it was read with."""
        return encoding.is_original(self)

    def set_original_encoding(
        self,
        is_implicit_vr: bool | None,
        is_little_endian: bool | None,
        character_encoding: str | Sequence[str] | None = None,
    ) -> None:
        """Say what a dataset that is made of raw elements was read with."""
        encoding.set_original(self, is_implicit_vr, is_little_endian, character_encoding)

    def ensure_file_meta(self) -> None:
        """Give the dataset file meta information, if it has none."""
        if not hasattr(self, "file_meta"):
            self.file_meta = self._file_meta_class()

    def update_raw_element(self, tag: TagType, *, vr: str | None = None, value: bytes | None = None) -> None:
        """Change the VR or the bytes of an element that nobody has looked at yet.

        Args:
            tag: The tag or keyword.
            vr: The VR to decode it with; None: as it was.
            value: Its bytes; None: as they were.

        Raises:
            KeyError: There is no such element.
            TypeError: It was decoded already.
            ValueError: Neither is given, or ``vr`` is none.
        """
        convert.update_raw(self, tag, vr, value)

    # -- elements by keyword --

    def get(self, key: TagType, default: Any = None) -> Any:
        """Return the value for a keyword, the element for a tag, or ``default``.

        Raises:
            TypeError: The key is no text and no tag.
        """
        if isinstance(key, str):
            return getattr(self, key, default)
        if key.__class__ is not int or not 0 <= key <= 0xFFFFFFFF:
            try:
                key = int(Tag(key))
            except (ValueError, OverflowError) as error:
                raise TypeError(f"{key!r} is neither a keyword nor a tag") from error
        try:
            return self._element(key)
        except KeyError:
            return default

    def data_element(self, name: str) -> DataElement | None:
        """Return the element with this keyword, None if there is none."""
        tag = keywords.tag_of_keyword(self, name)
        return self._element(tag) if tag is not None and tag in self._elements else None

    def dir(self, *filters: str) -> list[str]:
        """Return the keywords of the elements in alphabetical order.

        Args:
            *filters: Texts, one of which a keyword must have in it, whatever the case.

        Example:
            >>> Dataset.fromkeys(["PatientName", "PatientID", "Modality"]).dir("pat")
            ['PatientID', 'PatientName']
        """
        return keywords.present(self, filters)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.dir()})

    def trait_names(self) -> list[str]:
        """Return the names that IPython offers for completion."""
        return dir(self)

    def group_dataset(self, group: int) -> Self:
        """Return a dataset with the elements of one group."""
        return self[group << 16 : (group + 1) << 16]

    # -- private elements --

    def private_block(self, group: int, private_creator: str, create: bool = False) -> PrivateBlock:
        """Return the block of a group that a private creator has reserved (PS3.5 7.8.1).

        Args:
            group: The group, an odd number.
            private_creator: The private creator.
            create: Whether the first free block is reserved if there is none.

        Raises:
            KeyError: There is none.
            ValueError: The group is even, the creator empty, or all blocks are reserved.
        """
        return private.find_block(self, group, private_creator, create)

    def private_creators(self, group: int) -> list[str]:
        """Return the private creators of a group, whose number is odd."""
        return private.creators_in(self, group)

    def get_private_item(self, group: int, element_offset: int, private_creator: str) -> DataElement:
        """Return a private element by its creator and its place in the creator's block."""
        return self.private_block(group, private_creator)[element_offset]

    def add_new_private(
        self, private_creator: str, group: int, element_offset: int, value: Any, vr: str | None = None
    ) -> None:
        """Add a private element, and reserve a block for its creator if there is none.

        Args:
            private_creator: The private creator.
            group: The group, an odd number.
            element_offset: The place in the creator's block, 0 to 255.
            value: The value.
            vr: The VR; None: the one in the private dictionary.

        Raises:
            KeyError: The private dictionary does not have the element.
        """
        private.add_private(self, private_creator, group, element_offset, value, vr)

    def remove_private_tags(self) -> None:
        """Take all private elements out, those of items too."""
        walking.remove_private(self)

    # -- walking --

    def iterall(self) -> Iterator[DataElement]:
        """Yield all elements, those in sequences behind the sequence."""
        return walking.iterate_all(self)

    def walk(self, callback: Callable[[Dataset, DataElement], Any], recursive: bool = True) -> None:
        """Call ``callback(dataset, element)`` for each element, those in sequences behind the sequence."""
        walking.walk(self, callback, recursive)

    def decode(self) -> None:
        """Decode all text now, also what was set as bytes, with the character set of (0008,0005)."""
        walking.decode_all(self)

    def check(self) -> None:
        """Parse every sequence now and decode every value that is here.

        Raises:
            ParseError: One of them is not as it should be.
        """
        for _ in self.iterall():
            pass

    # -- deferred values --

    @overload
    async def fetch(self, key: TagType, /) -> Any: ...

    @overload
    async def fetch(self, key: TagType, second: TagType, /, *more: TagType) -> tuple[Any, ...]: ...

    async def fetch(self, *keys: TagType) -> Any:
        """Read deferred values from where they are, all of them or, if that fails, none.

        Args:
            *keys: Tags or keywords. Values that are here already are returned at once.

        Returns:
            The value of one key; a tuple of the values of several.

        Raises:
            KeyError: There is no such element.
            DeferredValueError: The value was dropped while reading.
            SourceError: The source cannot be read, or is not what it was.
        """
        elements = [self[key] for key in keys]
        await fetching.load(elements)
        return elements[0].value if len(elements) == 1 else tuple(element.value for element in elements)

    async def fetch_all(self) -> None:
        """Read all deferred values, those in sequences too."""
        await fetching.load(fetching.deferred_elements(self))

    def rebind(self, source: Any, *, session: Any = None, storage_options: Mapping[str, Any] | None = None) -> None:
        """Say where deferred values are read from now, without reading anything; copies and items follow.

        For what was unpickled where it cannot reach its source, whose file was closed or has moved.

        Args:
            source: A path, a URL, bytes, a file, and so on, as :func:`adicom.dcmread` takes them; its size, and where
                both are known its ETag, must be that of what was read.
            session: Fetches the values; by default each fetch makes its own.
            storage_options: Options for fetching.

        Raises:
            SourceChangedError: It is known at once to be another object; else fetching raises it.
            ValueError: The dataset was not read, or the source cannot be read again.
        """
        ports().rebind(self, source, session, storage_options)

    def stream(self, key: TagType) -> AsyncIterator[bytes]:
        """Return an async iterator over the bytes of one value, which need not fit in memory.

        Raises:
            KeyError: There is no such element.
            DeferredValueError: The value was dropped while reading.
        """
        return fetching.stream(self[key])

    async def save_as(self, filename: Any, write_like_original: bool = True, **keywords: Unpack[WriteKeywords]) -> None:
        """Write the dataset as a DICOM file to wherever it goes; see :func:`adicom.dcmwrite`.

        Args:
            filename: A path, a URL, a binary file, and so on.
            write_like_original: If true, the file has what the dataset has; if false, it is as PS3.10 7 wants it.
            **keywords: See :class:`adicom.filewriter.WriteKeywords`.

        Raises:
            EncodeError: Something cannot be encoded, or is missing; the target is what it was.
            SinkError: The target cannot be written.
        """
        await ports().save_as(self, filename, write_like_original, keywords)

    # -- the DICOM JSON Model --

    def to_json(
        self,
        bulk_data_threshold: int = 1024,
        bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
        dump_handler: Callable[[dict[str, Any]], str] | None = None,
        suppress_invalid_tags: bool = False,
        *,
        bulk_data_vr: Container[str] | None = None,
    ) -> str:
        """Return the dataset as JSON text (PS3.18 annex F).

        Args:
            bulk_data_threshold: As in :meth:`to_json_dict`.
            bulk_data_element_handler: As in :meth:`to_json_dict`.
            dump_handler: Makes the text of the objects.
            suppress_invalid_tags: As in :meth:`to_json_dict`.
            bulk_data_vr: As in :meth:`to_json_dict`.

        Raises:
            DeferredValueError: As :meth:`to_json_dict` does.

        Example:
            >>> ds = Dataset()
            >>> ds.PatientName = "CITIZEN^Joan"
            >>> ds.to_json()
            '{"00100010":{"vr":"PN","Value":[{"Alphabetic":"CITIZEN^Joan"}]}}'
        """
        return ports().to_json(
            self, bulk_data_threshold, bulk_data_element_handler, dump_handler, suppress_invalid_tags, bulk_data_vr
        )

    def to_json_dict(
        self,
        bulk_data_threshold: int = 1024,
        bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
        suppress_invalid_tags: bool = False,
        *,
        bulk_data_vr: Container[str] | None = None,
    ) -> dict[str, Any]:
        """Return the dataset as the objects that its JSON has (PS3.18 annex F).

        Args:
            bulk_data_threshold: How many characters of base64 a value may be before the handler is asked.
            bulk_data_element_handler: Returns the URI that stands for the value of an element, or None to leave
                the value in. It is also asked for long values that are deferred.
            suppress_invalid_tags: Whether an element that cannot be written is left out, which is logged.
            bulk_data_vr: The VRs for which the handler is asked; by default those of binary values.

        Raises:
            DeferredValueError: A value is not here, and no URI stands for it.

        Example:
            >>> ds = Dataset()
            >>> ds.Rows = 512
            >>> ds.to_json_dict()
            {'00280010': {'vr': 'US', 'Value': [512]}}
        """
        return ports().to_json_dict(
            self, bulk_data_threshold, bulk_data_element_handler, suppress_invalid_tags, bulk_data_vr
        )

    @classmethod
    def from_json(
        cls,
        json_dataset: Mapping[str, Any] | str | bytes | bytearray,
        bulk_data_uri_handler: Callable[..., Any] | None = None,
        *,
        base_url: str | None = None,
        session: Any = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return the dataset that JSON stands for (PS3.18 annex F).

        Values that a BulkDataURI names are deferred. They can be fetched where ``base_url`` allows it, else access
        raises DeferredValueError.

        Args:
            json_dataset: The text, or what ``json.loads`` made of it.
            bulk_data_uri_handler: Returns the value for ``(tag, vr, uri)`` or for ``(uri)``, at once.
            base_url: The URL or path that relative URIs are relative to; only URIs of its origin, or below its
                folder, are fetched.
            session: Fetches the values; by default each fetch makes its own.
            storage_options: Options for fetching, headers for example.

        Raises:
            InvalidJsonError: The text is no JSON, or not the DICOM JSON Model.
            LimitError: Sequences are nested too deep.

        Example:
            >>> Dataset.from_json('{"00100010":{"vr":"PN","Value":[{"Alphabetic":"CITIZEN^Joan"}]}}').PatientName
            'CITIZEN^Joan'
        """
        access = BulkDataAccess(base_url, session, storage_options)
        return ports().from_json(cls, json_dataset, bulk_data_uri_handler, access)

    # -- text --

    # -- other libraries, text --

    def to_pydicom(self) -> pydicom.Dataset:
        """Return a pydicom dataset that has all that is in this one; see :func:`adicom.interop.to_pydicom`."""
        return ports().to_pydicom(self)

    def _repr_html_(self) -> str:
        """Return a table that notebooks show; deferred values are not read."""
        from adicom.dataset.html import table

        return table(self)

    def __str__(self) -> str:
        return text.describe(self)

    __repr__ = __str__

    def top(self) -> str:
        """Return the elements of this level as text, without the items of sequences."""
        return text.describe(self, top_level_only=True)

    def formatted_lines(
        self,
        element_format: str | None = None,
        sequence_element_format: str | None = None,
        indent_format: str | None = None,
    ) -> Iterator[str]:
        """Yield a line for each element, those in sequences too.

        Args:
            element_format: A format with the attributes of :class:`DataElement` as names.
            sequence_element_format: The same for sequences.
            indent_format: Not used; as in pydicom.
        """
        return text.lines(self, element_format, sequence_element_format)

    # -- copies, comparison --

    def __eq__(self, other: object) -> bool:
        return copying.are_same(self, other) if isinstance(other, Dataset) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # mutable, as in pydicom

    def copy(self) -> Self:
        """Return a shallow copy."""
        twin = type(self).__new__(type(self))
        twin._adopt(self, dict(self._elements))
        return twin

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copying.deep_copy(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return pickling.restore, (pickling.flatten(self),)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: nothing is open behind a dataset."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Do nothing: nothing is open behind a dataset."""

    # -- attributes; these come last, for they are asked when nothing else is found --

    def __setattr__(self, name: str, value: Any) -> None:
        tag = KEYWORDS.get(name)
        if tag is None and (not name[:1].isupper() or (tag := keywords.tag_of_keyword(self, name)) is None):
            keywords.check_attribute(name)
            self._set_attribute(name, value)
            return
        found = self._elements.get(tag)
        if found.__class__ is DataElement and tag not in CONTEXT_TAGS:
            found.value = value
            return
        self._put(tag, self._new(tag, value))

    def _set_attribute(self, name: str, value: Any) -> None:
        """Set what is no data element; most datasets have none of it, and no dict for it."""
        if name == "file_meta" and value is not None:
            value = self._as_file_meta(value)
        if hasattr(type(self), name) or type(self).__dictoffset__:
            object.__setattr__(self, name, value)
        else:
            self.__dict__[name] = value

    def _as_file_meta(self, value: Any) -> Dataset:
        if not isinstance(value, Dataset):
            raise TypeError(f"file_meta is a FileMetaDataset, not {type(value).__name__}")
        return value if isinstance(value, self._file_meta_class) else self._file_meta_class(value)

    def __delattr__(self, name: str) -> None:
        tag = keywords.tag_of_keyword(self, name)
        if tag is not None and tag in self._elements:
            del self[tag]
        elif name in attributes_of(self) and not type(self).__dictoffset__:
            del self.__dict__[name]
        else:
            object.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        tag = KEYWORDS.get(name)
        if tag is not None or (tag := find_keyword(name)) is not None:
            found = self._elements.get(tag)
            if found is not None:
                if found.__class__ is not DataElement:
                    found = self._element(tag)
                value = found._value
                return value if value.__class__ is not Deferred else found.value
        elif name == "_elements":  # of an empty item: a dict for each would cost more than the rest of it
            return NO_ELEMENTS
        else:
            attributes = attributes_of(self)
            if name in attributes:
                return attributes[name]
            place = self._place
            if place is not None and place.dictionary is not None:
                tag = place.dictionary.own_tag(name)
                if tag is not None and tag in self._elements:
                    return self._element(tag).value
        if hasattr(type(self), name):  # a property, whose own error tells more
            return object.__getattribute__(self, name)
        raise AttributeError(f"{type(self).__name__} has no attribute or data element {name!r}")
