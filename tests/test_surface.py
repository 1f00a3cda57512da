"""What pydicom's modules of values offer, name by name: it is here, or stands below with the reason why it is not.

A name that pydicom gets, or that adicom gets, fails a test until somebody has decided about it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import warnings
from pathlib import Path
from typing import Any

import pytest

MODULES = ("charset", "datadict", "dataelem", "multival", "sequence", "tag", "uid", "valuerep")

SETTING = "it changes what everybody gets: nothing here is set for the whole process"
PART = "a part of validate_value, of no use without it"
ESCAPES = "inner tables of the codecs; what a text is encoded with is found by encode_string"
LEFT_OVER = "a variable that the module's code leaves behind"

# Names of a module, in pydicom only.
ABSENT: dict[str, dict[str, str]] = {
    "charset": {
        "CODES_TO_ENCODINGS": ESCAPES,
        "ENCODINGS_TO_CODES": ESCAPES,
        "ESC": ESCAPES,
        "STAND_ALONE_ENCODINGS": ESCAPES,
        "custom_encoders": ESCAPES,
        "handled_encodings": ESCAPES,
        "need_tail_escape_sequence_encodings": ESCAPES,
    },
    "datadict": {
        "add_dict_entries": SETTING,
        "add_dict_entry": SETTING,
        "add_private_dict_entries": SETTING,
        "add_private_dict_entry": SETTING,
        "mask1": LEFT_OVER,
        "mask2": LEFT_OVER,
        "mask_x": LEFT_OVER,
        "masks": "an inner table; mask_match answers by it",
    },
    "dataelem": {},
    "multival": {"ConstrainedList": "a base class for pydicom's own lists; MultiValue is a list here"},
    "sequence": {"Self": LEFT_OVER},
    "tag": {"tag_in_exception": "it puts tracebacks, and with them values, into messages; errors here know their tag"},
    "uid": {
        "PYDICOM_IMPLEMENTATION_UID": "adicom must not claim to be pydicom",
        "PYDICOM_ROOT_UID": "the root is pydicom's; generate_uid takes 2.25 without a prefix (PS3.5 B.2)",
        "PrivateTransferSyntaxes": SETTING,
        "RE_VALID_UID": "UID.is_valid says it",
        "RE_VALID_UID_PREFIX": "generate_uid says it",
        "register_transfer_syntax": SETTING,
    },
    "valuerep": {
        "BYTE_VR_REGEXES": "compiled when they are used; VR_REGEXES has the patterns",
        "PN_DELIMS": "adicom.charset.PN_DELIMITERS, with all that PS3.5 6.1.2.5.3 names",
        "STR_VR_REGEXES": "compiled when they are used; VR_REGEXES has the patterns",
        "TEXT_VR_DELIMS": "adicom.charset.TEXT_DELIMITERS",
        "VALIDATORS": PART,
        "VALUE_LENGTH": "adicom.vr.WORD_SIZE, of more VRs",
        "validate_date_time": PART,
        "validate_length_and_type_and_regex": PART,
        "validate_number": PART,
        "validate_pn": PART,
        "validate_pn_component": PART,
        "validate_pn_component_length": PART,
        "validate_regex": PART,
        "validate_type": PART,
        "validate_type_and_length": PART,
        "validate_type_and_regex": PART,
        "validate_vr_length": PART,
    },
}

# Names in __all__ of a module, in adicom only.
OWN: dict[str, str] = {
    "charset": "DEFAULT_ENCODING PN_DELIMITERS TEXT_DELIMITERS VALUE_DELIMITERS encodings_for",
    "datadict": "DataDictionary find_private_vr find_vr is_sequence sequence_tags",
    "dataelem": "Deferred EncapsulatedValue Loader StreamValue set_raw_converter set_sequence_maker",
    "multival": "",
    "sequence": "",
    "tag": "KEYWORDS find_keyword",
    # Transfer syntaxes that pydicom does not know, or has in UID_dictionary only.
    "uid": """
        DeflatedImageFrameCompression EncapsulatedUncompressedExplicitVRLittleEndian GEPrivateImplicitVRLittleEndian
        JPEGXL JPEGXLJPEGRecompression JPEGXLLossless JPEGXLTransferSyntaxes JPIPReferenced JPIPReferencedDeflate
        Papyrus3ImplicitVRLittleEndian RFC2557MIMEEncapsulation XMLEncoding
    """,
    # The modes are pydicom.config's; the last two are what pydicom called PersonName before version 3.
    "valuerep": "IGNORE RAISE WARN ValidationMode validation PersonName3 PersonNameUnicode",
}

SLOTS = "slots: these are made by the hundred thousand"
# What the standard library's dates bring along for pickling.
STATE = "pickling needs no state: the text goes through __reduce_ex__"

# Attributes of an instance, in pydicom only; those that begin with one underscore are pydicom's own affair.
ABSENT_ATTRIBUTES: dict[str, dict[str, str]] = {
    "dataelem.DataElement": {
        "__deepcopy__": "copy does it; a buffer, for which pydicom has it, is no value here",
        "__dict__": SLOTS,
        "__weakref__": SLOTS,
    },
    "dataelem.RawDataElement": {},
    "multival.MultiValue": {"__abstractmethods__": "it is a list", "__dict__": SLOTS, "__weakref__": SLOTS},
    "sequence.Sequence": {"__abstractmethods__": "it is a list", "__dict__": SLOTS},
    "tag.BaseTag": {"__dict__": SLOTS},
    "uid.UID": {},
    "valuerep.DA": {"__dict__": SLOTS, "__setstate__": STATE, "__weakref__": SLOTS},
    "valuerep.DSdecimal": {"__dict__": SLOTS, "__weakref__": SLOTS},
    "valuerep.DSfloat": {"__dict__": SLOTS, "__weakref__": SLOTS},
    "valuerep.DT": {"__dict__": SLOTS, "__setstate__": STATE, "__weakref__": SLOTS},
    "valuerep.IS": {},
    "valuerep.ISfloat": {"__dict__": SLOTS, "__weakref__": SLOTS},
    "valuerep.PersonName": {
        "__dict__": SLOTS,
        "__weakref__": SLOTS,
        "validation_mode": "a name does not change, so it is checked once",
    },
    "valuerep.TM": {"__dict__": SLOTS, "__setstate__": STATE, "__weakref__": SLOTS},
}

MADE_OF: dict[str, tuple[Any, ...]] = {
    "dataelem.DataElement": (0x00100020, "LO", "1"),
    "dataelem.RawDataElement": (0x00100020, "LO", 0, b"", 0, False, True),
    "multival.MultiValue": (int, [1]),
    "sequence.Sequence": ([],),
    "tag.BaseTag": (0x00100020,),
    "uid.UID": ("1.2.840.10008.1.2",),
    "valuerep.DA": ("20240131",),
    "valuerep.DSdecimal": ("1.5",),
    "valuerep.DSfloat": ("1.5",),
    "valuerep.DT": ("20240131",),
    "valuerep.IS": ("1",),
    "valuerep.ISfloat": ("1.5",),
    "valuerep.PersonName": ("A^B",),
    "valuerep.TM": ("12",),
}


def module(library: str, name: str) -> Any:
    return importlib.import_module(f"{library}.{name}")


def theirs(name: str) -> set[str]:
    """Return the public names that pydicom's module itself defines."""
    code = module("pydicom", name)
    tree = ast.parse(Path(code.__file__).read_text(encoding="utf-8"))
    names = {found for node in tree.body for found in defined(node)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names |= {key for key in getattr(code, "_DEPRECATED", {}) if hasattr(code, key)}
    return {found for found in names if not found.startswith("_")}


def defined(node: ast.stmt) -> set[str]:
    """Return the names that a statement at the top of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.With | ast.If | ast.For):
        inside = {found for part in (*node.body, *getattr(node, "orelse", ())) for found in defined(part)}
        return inside | ({node.target.id} if isinstance(node, ast.For) and isinstance(node.target, ast.Name) else set())
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def test_names_of_pydicom_are_found() -> None:
    assert {"DataElement", "RawDataElement", "convert_raw_data_element", "DataElement_from_raw"} <= theirs("dataelem")
    assert {"ImplicitVRLittleEndian", "CTImageStorage", "generate_uid"} <= theirs("uid")


@pytest.mark.parametrize("name", MODULES)
def test_every_name_of_pydicom_is_here_or_has_a_reason(name: str) -> None:
    here = module("adicom", name)
    assert {found for found in theirs(name) if not hasattr(here, found)} == set(ABSENT[name])


@pytest.mark.parametrize("name", MODULES)
def test_every_name_here_is_pydicoms_or_listed(name: str) -> None:
    public = set(module("adicom", name).__all__)
    assert {found for found in public if not hasattr(module("pydicom", name), found)} == set(OWN[name].split())


@pytest.mark.parametrize("name", MODULES)
def test_dir_shows_what_is_made_when_asked_for(name: str) -> None:
    assert theirs(name) - set(ABSENT[name]) <= set(dir(module("adicom", name)))


@pytest.mark.parametrize("path", MADE_OF)
def test_every_attribute_of_pydicom_is_here_or_has_a_reason(path: str) -> None:
    name, _, kind = path.partition(".")
    here, there = (getattr(module(library, name), kind)(*MADE_OF[path]) for library in ("adicom", "pydicom"))
    attributes = {found for found in dir(there) if not found.startswith("_") or found.startswith("__")}
    attributes.discard("__slotnames__")  # what pickling leaves in a class
    assert {found for found in attributes if not hasattr(here, found)} == set(ABSENT_ATTRIBUTES[path])


# Nobody passes their arguments by name.
OF_A_LIST = ("append", "extend", "insert", "sort")


def functions() -> list[str]:
    """Return all functions, and methods of classes, that both libraries have."""
    found = []
    for name in MODULES:
        for key in sorted(theirs(name)):
            there, here = getattr(module("pydicom", name), key, None), getattr(module("adicom", name), key, None)
            if inspect.isfunction(there) and inspect.isfunction(here):
                found.append(f"{name}.{key}")
            elif inspect.isclass(there) and inspect.isclass(here):
                found += [
                    f"{name}.{key}.{method}"
                    for method, function in vars(there).items()
                    if not method.startswith("_") and inspect.isfunction(function) and method not in OF_A_LIST
                    if method not in ABSENT_ATTRIBUTES.get(f"{name}.{key}", ())
                ]
    return found


def arguments(library: str, path: str) -> list[str]:
    """Return the names of the arguments in their order, without what is passed on."""
    name, *parts = path.split(".")
    found = module(library, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in parts:
            found = getattr(found, part)
    passed_on = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [name for name, argument in inspect.signature(found).parameters.items() if argument.kind not in passed_on]


@pytest.mark.parametrize("path", functions())
def test_arguments_begin_with_pydicoms(path: str) -> None:
    mine, other = arguments("adicom", path), arguments("pydicom", path)
    assert mine[: len(other)] == other


@pytest.mark.parametrize(
    "path",
    ["dataelem.DataElement", "multival.MultiValue", "sequence.Sequence", "uid.UID"]
    + [f"valuerep.{name}" for name in ("DSfloat", "DSdecimal", "IS", "ISfloat", "PersonName")],
)
def test_constructors_take_pydicoms_arguments(path: str) -> None:
    name, _, kind = path.partition(".")
    here, there = getattr(module("adicom", name), kind), getattr(module("pydicom", name), kind)
    mine, other = (list(inspect.signature(found.__init__).parameters)[1:] for found in (here, there))
    if here.__init__ is not vars(here).get("__init__"):
        mine = list(inspect.signature(here.__new__).parameters)[1:]
    if "__init__" not in vars(there):
        other = list(inspect.signature(there.__new__).parameters)[1:]
    assert mine[: len(other)] == other
