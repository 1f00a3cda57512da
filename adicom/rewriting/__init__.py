"""Changes objects as they stream by: from a source through transforms to a target, in constant memory.

A transform starts a stage for each object, which takes events and gives events. Behind those of the caller come stages
that see to what follows from changes: group lengths, lengths of sequences and items, the length of the file meta
information.

Rule 1: what no transform touches keeps its bytes.
Rule 2: what has to know the end first goes through the source twice, or is refused before a byte is written.
Rule 3: a report, a repr or an error has tags, paths and lengths, never a value.
"""

from __future__ import annotations

from adicom.rewriting.base import Run, Stage, Transform
from adicom.rewriting.driving import rewrite
from adicom.rewriting.lengths import DefinedLengths, UndefinedLengths
from adicom.rewriting.mapping import Map
from adicom.rewriting.pipeline import transform
from adicom.rewriting.removing import Delete, KeepOnly, RemovePrivate
from adicom.rewriting.report import Change, RewriteReport
from adicom.rewriting.setting import Set
from adicom.rewriting.syntaxes import ToSyntax
from adicom.rewriting.tables import OffsetTable
from adicom.rewriting.uids import ReplaceUIDs

__all__ = (
    "Change",
    "DefinedLengths",
    "Delete",
    "KeepOnly",
    "Map",
    "OffsetTable",
    "RemovePrivate",
    "ReplaceUIDs",
    "RewriteReport",
    "Run",
    "Set",
    "Stage",
    "ToSyntax",
    "Transform",
    "UndefinedLengths",
    "rewrite",
    "transform",
)
