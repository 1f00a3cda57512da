"""Changes objects as they stream by: from a source through transforms to a target, in constant memory."""

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
