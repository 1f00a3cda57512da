"""Shows a dataset as a table in HTML, for notebooks.

Rule 1: nothing is fetched, run or loaded: no deferred value, no script, no resource from elsewhere.
Rule 2: whatever comes from the file is escaped, and cut where it is long; so is the table.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from adicom.dataelem import DataElement
from adicom.errors import DicomError
from adicom.uid import UID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.dataset.dataset import Dataset

__all__ = ("table",)

MAX_ROWS: Final = 2_000
"""Elements of the whole table: a browser shows so many at once."""
MAX_ITEMS: Final = 10
"""Items of one sequence."""
MAX_DEPTH: Final = 16
"""Sequences in sequences: browsers give up on elements that are nested by the hundred."""
MAX_TEXT: Final = 300
"""Characters of a value."""
MAX_BYTES: Final = 16
"""Bytes of a value that are shown one by one."""
MAX_VALUES: Final = 16
"""Values of an element."""

# The colours come from what is around: only shades of it are used, so that it reads on light and on dark ground.
_STYLE: Final = """
.adicom{font:13px/1.45 system-ui,sans-serif;color:inherit;max-width:100%;max-height:48em;overflow:auto}
.adicom table{border-collapse:collapse;margin:0;color:inherit;background:none;border:none;font-size:inherit}
.adicom tr,.adicom tr:nth-child(even){background:none;border:none}
.adicom tr:hover>td{background:rgba(128,128,128,.12)}
.adicom td{padding:2px 14px 2px 0;border:none;border-bottom:1px solid rgba(128,128,128,.18);text-align:left;\
vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere;max-width:none}
.adicom td.tag,.adicom td.vr{font-family:ui-monospace,monospace;font-size:12px;white-space:nowrap;opacity:.7}
.adicom td.name{min-width:11em;max-width:22em}
.adicom td.value{min-width:16em;max-width:60em}
.adicom td.items{padding:0 0 6px 20px;white-space:normal}
.adicom tr.holds>td{border-bottom:none}
.adicom tr.items:hover>td{background:none}
.adicom summary{cursor:pointer;padding:2px 0}
.adicom details details{border-left:2px solid rgba(128,128,128,.3);padding-left:10px}
.adicom .head{font-weight:600}
.adicom .quiet{opacity:.65}
.adicom .waits,.adicom .wrong{font-style:italic;opacity:.8}
""".strip()


def table(dataset: Dataset) -> str:
    """Return a dataset as HTML: its elements in a table, sequences and file meta information to be opened.

    Example:
        >>> from adicom.dataset import Dataset
        >>> ds = Dataset()
        >>> ds.PatientName = "<b>"
        >>> "&lt;b&gt;" in table(ds), "<b>" in table(ds)
        (True, False)
    """
    shown = _Shown()
    out = [f'<div class="adicom"><style>{_STYLE}</style>']
    meta = getattr(dataset, "file_meta", None)
    if meta:
        summary = f"File meta information {_quiet(_count(len(meta), 'element'))}"
        out += [f"<details><summary>{summary}</summary>", *_flat(shown.rows(meta, 0)), "</details>"]
    out.append(f"<details open><summary>{_title(dataset)}</summary>")
    out += _flat(shown.rows(dataset, 0))
    out.append("</details></div>")
    return "\n".join(out)


def _flat(parts: Iterator[Any]) -> Iterator[str]:
    """Yield the texts of a generator that yields texts, and generators in the place of items."""
    stack = [parts]
    while stack:
        part = next(stack[-1], None)
        if part is None:
            stack.pop()
        elif isinstance(part, str):
            yield part
        else:
            stack.append(part)


class _Shown:
    """How much of a dataset is in the table already."""

    def __init__(self) -> None:
        self._left = MAX_ROWS

    def rows(self, dataset: Dataset, depth: int) -> Iterator[Any]:
        """Yield the table of one dataset."""
        yield "<table>"
        tags = dataset.keys()
        for number, tag in enumerate(tags):
            if self._left <= 0:
                yield f"<tr><td colspan='4'>{_more(len(tags) - number, 'element')}</td></tr>"
                break
            self._left -= 1
            try:
                element = dataset[tag]
            except DicomError as error:  # in a sequence
                yield _row(DataElement(tag, "SQ", None), f'<span class="wrong">{escape(str(error))}</span>')
                continue
            if element.VR != "SQ" or element.is_deferred or not element.value:
                yield _row(element, _value(element))
                continue
            yield _row(element, _count(len(element.value), "item"), holds_items=True)
            yield from self._items(element, depth)
        yield "</table>"

    def _items(self, element: DataElement, depth: int) -> Iterator[Any]:
        """Yield a row with the items of a sequence."""
        items = element.value
        yield '<tr class="items"><td colspan="4" class="items">'
        if depth >= MAX_DEPTH:
            yield _quiet("… nested deeper than is shown here")
            items = []
        for number, item in enumerate(items):
            if number == MAX_ITEMS or self._left <= 0:
                yield f"<div>{_more(len(items) - number, 'item')}</div>"
                break
            yield f"<details><summary>Item {number + 1} {_quiet(_digest(item))}</summary>"
            yield self.rows(item, depth + 1)
            yield "</details>"
        yield "</td></tr>"


def _row(element: DataElement, value: str, *, holds_items: bool = False) -> str:
    """Return the row of an element, whose value is HTML already."""
    kind = ' class="holds"' if holds_items else ""
    name = escape(_cut(element.name)) or _quiet("unknown")
    tag, keyword = escape(str(element.tag)), escape(element.keyword)
    title = f' title="{keyword}"' if keyword else ""
    return (
        f'<tr{kind}><td class="tag">{tag}</td><td class="name"{title}>{name}</td>'
        f'<td class="vr">{escape(element.VR)}</td><td class="value">{value}</td></tr>'
    )


def _value(element: DataElement) -> str:
    """Return a value as HTML."""
    if element.is_deferred:
        return f'<span class="waits">{escape(repr(element._value).strip("<>"))}</span>'
    if element.is_empty:
        return _quiet("no items" if element.VR == "SQ" else "empty")
    value = element._value
    if not isinstance(value, list):
        return _one(value)
    texts = [_one(item) for item in value[:MAX_VALUES]]
    if len(value) > MAX_VALUES:
        texts.append(_quiet(f"… {_count(len(value), 'value')}"))
    return _quiet(" \\ ").join(texts)


def _one(value: Any) -> str:
    """Return one of the values of an element as HTML."""
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value[:MAX_BYTES])
        dots = "" if len(value) <= MAX_BYTES else f" … {_count(len(value), 'byte')}"
        return escape(data.hex(" ")) + _quiet(dots)
    if isinstance(value, UID) and value.name != value:
        return f"{escape(_cut(value.name))} {_quiet(escape(_cut(str(value))))}"
    return escape(_cut(str(value)))


def _title(dataset: Dataset) -> str:
    """Return what is above the table."""
    name = getattr(dataset, "filename", None)
    parts = [_count(len(dataset), "element")]
    if name:
        parts.insert(0, _cut(str(name)))
    if not getattr(dataset, "is_complete", True):
        parts.append("those behind the pixel data were not read")
    if getattr(dataset, "is_truncated", False):
        parts.append("truncated")
    return f'<span class="head">{escape(type(dataset).__name__)}</span> {_quiet(escape(", ".join(parts)))}'


def _digest(item: Dataset) -> str:
    """Return what an item is about, if it is a code; else how many elements it has."""
    for tag in (0x00080104, 0x00080100):  # PS3.3 8.8: Code Meaning, Code Value
        if tag in item and not item[tag].is_deferred and item[tag].value:
            return escape(_cut(str(item[tag].value), 60))
    return _count(len(item), "element")


def _cut(text: str, longest: int = MAX_TEXT) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"


def _count(number: int, what: str) -> str:
    """Return a number of things.

    Example:
        >>> _count(1, "item"), _count(1200, "item")
        ('1 item', '1,200 items')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _more(number: int, what: str) -> str:
    return _quiet(f"… {_count(number, f'more {what}')}")


def _quiet(text: str) -> str:
    return f'<span class="quiet">{text}</span>' if text else ""
