"""The values of decoded elements, in the classes of the one library and of the other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from adicom.dataelem import DataElement
from adicom.interop import charsets
from adicom.multival import MultiValue
from adicom.tag import BaseTag, Tag
from adicom.uid import UID
from adicom.valuerep import DA, DS, DT, IS, TM, DSdecimal, DSfloat, ISfloat, PersonName

if TYPE_CHECKING:
    import pydicom

__all__ = ("Inward", "Outward")

_Table: TypeAlias = dict[type, Callable[[Any], Any]]


def _same(value: Any) -> Any:
    return value


def _convert(table: _Table, value: Any) -> Any:
    """Return the value in the other library's class, itself where both use the same."""
    for kind in type(value).__mro__:
        make = table.get(kind)
        if make is not None:
            return make(value)
    return value


def _classes(value: Any) -> list[type] | None:
    """Return the classes of several values; None for one."""
    return [type(item) for item in value] if hasattr(value, "append") else None


class Outward:
    """Makes pydicom's values."""

    def __init__(self) -> None:
        from pydicom import config, dataelem, multival, tag, uid, valuerep

        self._dataelem = dataelem
        self._multival = multival.MultiValue
        self._tag = tag.BaseTag
        self._valuerep = valuerep
        self._config = config
        self._ignore = config.IGNORE
        self._table: _Table = {
            PersonName: self._name,
            DSfloat: lambda value: self._decimal(valuerep.DSfloat, float, value),
            DSdecimal: lambda value: self._decimal(valuerep.DSdecimal, Decimal, value),
            IS: lambda value: valuerep.IS(value.original_string, self._ignore),
            ISfloat: lambda value: valuerep.ISfloat(value.original_string, self._ignore),
            DA: lambda value: self._date(valuerep.DA, date, value),
            DT: lambda value: self._date(valuerep.DT, datetime, value),
            TM: lambda value: self._date(valuerep.TM, time, value),
            UID: lambda value: uid.UID(str(value), self._ignore),
            BaseTag: tag.BaseTag,
        }

    def element(self, element: DataElement) -> Any:
        """Return an element that is no sequence."""
        made = self._dataelem.DataElement(
            self._tag(element._tag),
            "OB" if element.VR == "UN" else element.VR,  # it takes a known tag with UN for a mistake
            None,
            element.file_tell,
            is_undefined_length=element.is_undefined_length,
            already_converted=True,
            validation_mode=self._ignore,
        )
        made.VR = element.VR
        made.private_creator = element.private_creator
        self._put(made, element._value)
        made.validation_mode = self._config.settings.reading_validation_mode
        return made

    def _put(self, made: Any, value: Any) -> None:
        """Give an element its value, with pydicom's checks for what is put into a list later."""
        if not isinstance(value, list):
            made._value = _convert(self._table, value)
            return
        items = [_convert(self._table, item) for item in value]
        with suppress(TypeError, ValueError, ArithmeticError, AttributeError):  # of a text that is no number, and such
            made.value = items
        if _classes(made._value) != _classes(items):
            made._value = self._multival(_same, items)

    def _name(self, value: PersonName) -> Any:
        encodings = value.encodings
        return self._valuerep.PersonName(
            str(value),
            None if encodings is None else charsets.theirs(encodings),
            value.original_string,
            validation_mode=self._ignore,
        )

    def _decimal(self, kind: Any, number: Callable[[Any], Any], value: Any) -> Any:
        if value.auto_format:  # then the text is rounded, the number is not
            return kind(number(value), True, self._ignore)
        return kind(value.original_string, False, self._ignore)

    def _date(self, kind: Any, plain: Any, value: Any) -> Any:
        try:
            return kind(value.original_string, validation_mode=self._ignore)
        except ValueError:  # a text that pydicom does not take
            return kind(_plain_date(plain, value), validation_mode=self._ignore)


def _plain_date(kind: Any, value: Any) -> Any:
    """Return a date or time without a text, of the class in the standard library."""
    if kind is date:
        return date(value.year, value.month, value.day)
    if kind is time:
        return time(value.hour, value.minute, value.second, value.microsecond)
    clock = time(value.hour, value.minute, value.second, value.microsecond, value.tzinfo)
    return datetime.combine(date(value.year, value.month, value.day), clock)


_MAKERS: dict[str, Callable[[Any], Any]] = {"AT": Tag, "DS": DS, "IS": IS, "PN": PersonName, "UI": UID}


class Inward:
    """Makes adicom's values."""

    def __init__(self) -> None:
        from pydicom import multival, tag, uid, valuerep

        self._multival = multival.MultiValue
        self._table: _Table = {
            valuerep.PersonName: _name_of,
            valuerep.DSfloat: lambda value: _decimal_of(DSfloat, float, value),
            valuerep.DSdecimal: lambda value: _decimal_of(DSdecimal, Decimal, value),
            valuerep.IS: lambda value: IS(getattr(value, "original_string", int(value))),
            valuerep.ISfloat: lambda value: ISfloat(getattr(value, "original_string", float(value))),
            valuerep.DA: lambda value: _date_of(DA, date, value),
            valuerep.DT: lambda value: _date_of(DT, datetime, value),
            valuerep.TM: lambda value: _date_of(TM, time, value),
            uid.UID: lambda value: UID(str(value)),
            tag.BaseTag: lambda value: BaseTag(int(value)),
        }

    def element(self, element: pydicom.DataElement) -> DataElement:
        """Return an element that is no sequence."""
        value = _read_buffer(element.value) if getattr(element, "is_buffered", False) else element.value
        if isinstance(value, self._multival | list):
            items = [_convert(self._table, item) for item in value]
            value = MultiValue.of(_MAKERS.get(str(element.VR), _same), items)
        else:
            value = _convert(self._table, value)
        made = DataElement(
            int(element.tag),
            "OB" if element.VR == "UN" else str(element.VR),  # a known tag with UN is taken for a mistake
            value,
            element.file_tell,
            is_undefined_length=element.is_undefined_length,
            already_converted=True,
        )
        made.VR = str(element.VR)
        made.private_creator = element.private_creator
        return made


def _read_buffer(buffer: Any) -> bytes:
    """Return what is left in a buffer that stands for a value, and leave it as it was."""
    start = buffer.tell()
    try:
        data: bytes = buffer.read()
    finally:
        buffer.seek(start)
    return data


def _name_of(value: Any) -> PersonName | None:
    encodings = value.encodings
    return PersonName(str(value), None if encodings is None else charsets.ours(encodings), value.original_string)


def _decimal_of(kind: Any, number: Callable[[Any], Any], value: Any) -> Any:
    if value.auto_format:
        return kind(number(value), True)
    text = getattr(value, "original_string", None)
    return kind(number(value) if text is None else text)


def _date_of(kind: Any, plain: Any, value: Any) -> Any:
    text = getattr(value, "original_string", None)
    try:
        return kind(_plain_date(plain, value) if text is None else text)
    except ValueError:
        return kind(_plain_date(plain, value))
