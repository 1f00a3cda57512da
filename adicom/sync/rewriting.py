"""The functions of :mod:`adicom.rewriting`, blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.filereader.keywords import split_keywords
from adicom.io.session import BlockingSession as Session
from adicom.rewriting import driving
from adicom.rewriting.base import Run, Stage, Transform
from adicom.rewriting.lengths import DefinedLengths, UndefinedLengths
from adicom.rewriting.mapping import Map
from adicom.rewriting.pipeline import transform
from adicom.rewriting.removing import Delete, KeepOnly, RemovePrivate
from adicom.rewriting.report import Change, RewriteReport
from adicom.rewriting.setting import Set
from adicom.rewriting.syntaxes import ToSyntax
from adicom.rewriting.tables import OffsetTable
from adicom.rewriting.uids import ReplaceUIDs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from adicom.filereader.keywords import BlockingIOKeywords
    from adicom.parser.limits import ParserLimits

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


def rewrite(
    source: Any,
    target: Any,
    *transforms: Transform,
    overwrite: bool = True,
    fsync: bool = False,
    force: bool = False,
    limits: ParserLimits | None = None,
    target_options: Mapping[str, Any] | None = None,
    **keywords: Unpack[BlockingIOKeywords],
) -> RewriteReport:
    """Copy an object with changes; see :func:`adicom.rewrite`.

    Between local places it works in the caller's thread; else transforms, and functions given to them, run on the
    session's network thread.

    Example:
        >>> import io, pydicom.data
        >>> from adicom.sync.rewriting import RemovePrivate
        >>> path, out = pydicom.data.get_testdata_file("CT_small.dcm"), io.BytesIO()
        >>> rewrite(path, out, RemovePrivate()).count("RemovePrivate")
        179
    """
    io, place, _ = split_keywords(keywords, "rewrite", parse=False)
    report = driving.rewrite_here(
        source,
        target,
        *transforms,
        overwrite=overwrite,
        fsync=fsync,
        force=force,
        limits=limits,
        header_hint=io.header_hint,
    )
    if report is not None:
        return report
    given: Session | None = place.pop("session", None)
    others: Any = {name: value for name, value in keywords.items() if name != "session"}
    session = given or Session()
    try:
        return session.run(
            lambda used: driving.rewrite(
                source,
                target,
                *transforms,
                overwrite=overwrite,
                fsync=fsync,
                force=force,
                limits=limits,
                target_options=target_options,
                session=used,
                **others,
            )
        )
    finally:
        if given is None:
            session.close()
