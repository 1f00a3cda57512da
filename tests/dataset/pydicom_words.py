"""Adds to the dictionaries of pydicom, which changes them for the whole process; so the tests run it in one of its own.

It reads JSON: the entries, and data sets as hexadecimal text. It writes what pydicom makes of each.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from typing import Any

import pydicom
from pydicom.datadict import add_dict_entries, add_private_dict_entries


def seen(dataset: pydicom.Dataset, path: str = "") -> list[list[str]]:
    """Return what can be seen of each element, those of items too."""
    found: list[list[str]] = []
    for element in dataset:
        value = len(element.value) if element.VR == "SQ" else repr(element.value)
        found.append([path, f"{int(element.tag):08X}", element.VR, element.name, element.keyword, str(value)])
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                found += seen(item, f"{path}/{int(element.tag):08X}[{number}]")
    return found


def answer(question: dict[str, Any]) -> list[Any]:
    """Return what pydicom makes of each data set."""
    add_dict_entries({int(tag): tuple(entry) for tag, entry in question["entries"].items()})
    for creator, entries in question["private"].items():
        add_private_dict_entries(creator, {int(tag): tuple(entry) for tag, entry in entries.items()})
    made = []
    for implicit, data in question["data"]:
        dataset = pydicom.filereader.read_dataset(io.BytesIO(bytes.fromhex(data)), implicit, True)
        made.append([seen(dataset), dataset.dir("Acme")])
    return made


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
