"""The top of the package: gives datasets what they may not import themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adicom.dataset.ports import install

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    import pydicom

    from adicom.dataset import Dataset, FileDataset
    from adicom.dataset.ports import Folder, ValueSource

__all__ = ("wire",)


class _Wiring:
    """What datasets reach through :class:`adicom.dataset.ports.Ports`, imported when it is used."""

    async def fetch_rest(self, dataset: FileDataset) -> None:
        from adicom.filereader import rest

        await rest.fetch_rest(dataset)

    def fetch_rest_now(self, dataset: FileDataset) -> None:
        from adicom.filereader import rest

        rest.fetch_rest_now(dataset)

    async def fetch_encapsulated(self, source: ValueSource, offset: int, little_endian: bool) -> bytes:
        from adicom.filereader import rest

        return await rest.fetch_encapsulated(source, offset, little_endian)

    def fetch_encapsulated_now(self, source: ValueSource, offset: int, little_endian: bool) -> bytes:
        from adicom.filereader import rest

        return rest.fetch_encapsulated_now(source, offset, little_endian)

    def stream_encapsulated(self, source: ValueSource, offset: int, little_endian: bool) -> AsyncIterator[bytes]:
        from adicom.filereader import rest

        return rest.stream_encapsulated(source, offset, little_endian)

    def folder(self, base: Any) -> Folder:
        from adicom.io import fileset

        return fileset.given_folder(base)

    async def read_referenced(self, folder: Folder, file_id: tuple[str, ...], **keywords: Any) -> FileDataset:
        from adicom.filereader import referenced

        return await referenced.read_referenced(folder, file_id, **keywords)

    def to_pydicom(self, dataset: Dataset) -> pydicom.Dataset:
        from adicom import interop

        return interop.to_pydicom(dataset)


def wire() -> None:
    """Install the ports."""
    install(_Wiring())
