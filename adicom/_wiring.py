"""The top of the package: gives datasets what they may not import themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.dataelem.jsonport import set_json_model
from adicom.dataset.ports import install

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Container, Iterator, Mapping
    from typing import TypeVar

    import pydicom

    from adicom.dataelem import DataElement
    from adicom.dataset import Dataset, FileDataset
    from adicom.dataset.bulkdata import BulkDataAccess
    from adicom.dataset.ports import Folder, ValueSource

    D = TypeVar("D", bound=Dataset)

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

    def rebind(
        self,
        dataset: Dataset,
        fp: Any,
        session: Any,
        storage_options: Mapping[str, Any] | None,
        *,
        blocking: bool = False,
    ) -> None:
        from adicom.filereader import rebinding

        rebinding.rebind(dataset, fp, session, storage_options, blocking=blocking)

    def stream_encapsulated(self, source: ValueSource, offset: int, little_endian: bool) -> AsyncIterator[bytes]:
        from adicom.filereader import rest

        return rest.stream_encapsulated(source, offset, little_endian)

    def stream_encapsulated_now(self, source: ValueSource, offset: int, little_endian: bool) -> Iterator[bytes]:
        from adicom.filereader import rest

        return rest.stream_encapsulated_now(source, offset, little_endian)

    def folder(self, base: Any) -> Folder:
        from adicom.io import fileset

        return fileset.given_folder(base)

    async def read_referenced(self, folder: Folder, file_id: tuple[str, ...], **keywords: Any) -> FileDataset:
        from adicom.filereader import referenced

        return await referenced.read_referenced(folder, file_id, **keywords)

    def read_referenced_now(self, folder: Folder, file_id: tuple[str, ...], keywords: dict[str, Any]) -> Any:
        from adicom.sync import filereader

        return filereader.read_referenced(folder, file_id, keywords)

    def to_pydicom(self, dataset: Dataset) -> pydicom.Dataset:
        from adicom import interop

        return interop.to_pydicom(dataset)

    def to_json(
        self,
        dataset: Dataset,
        bulk_data_threshold: int,
        bulk_data_element_handler: Callable[[DataElement], str | None] | None,
        dump_handler: Callable[[dict[str, Any]], str] | None,
        suppress_invalid_tags: bool,
        bulk_data_vr: Container[str] | None,
    ) -> str:
        from adicom.jsonmodel import writing

        return writing.to_json(
            dataset,
            bulk_data_threshold,
            bulk_data_element_handler,
            dump_handler,
            suppress_invalid_tags,
            bulk_data_vr=bulk_data_vr,
        )

    def to_json_dict(
        self,
        dataset: Dataset,
        bulk_data_threshold: int,
        bulk_data_element_handler: Callable[[DataElement], str | None] | None,
        suppress_invalid_tags: bool,
        bulk_data_vr: Container[str] | None,
    ) -> dict[str, Any]:
        from adicom.jsonmodel import writing

        return writing.to_json_dict(
            dataset, bulk_data_threshold, bulk_data_element_handler, suppress_invalid_tags, bulk_data_vr=bulk_data_vr
        )

    def from_json(
        self,
        kind: type[D],
        json_dataset: Mapping[str, Any] | str | bytes | bytearray,
        bulk_data_uri_handler: Callable[..., Any] | None,
        access: BulkDataAccess,
    ) -> D:
        from adicom.jsonmodel import reading

        return reading.from_json(kind, json_dataset, bulk_data_uri_handler, access)

    def bulk_data_source(self, uri: str, access: BulkDataAccess) -> ValueSource:
        from adicom.io import bulk_data

        return bulk_data.bulk_data_source(uri, access)

    async def save_as(
        self, dataset: Dataset, filename: Any, write_like_original: bool, keywords: Mapping[str, Any]
    ) -> None:
        from adicom import filewriter

        await filewriter.dcmwrite(filename, dataset, write_like_original, **keywords)

    def save_as_now(
        self, dataset: Dataset, filename: Any, write_like_original: bool, keywords: Mapping[str, Any]
    ) -> None:
        from adicom.sync import filewriter

        filewriter.dcmwrite(filename, dataset, write_like_original, **keywords)


class _JsonModel:
    """What data elements reach through :func:`adicom.dataelem.set_json_model`, imported when it is used."""

    def __getattr__(self, name: str) -> Any:
        from adicom import jsonmodel

        return getattr(jsonmodel, name)


def wire() -> None:
    """Install the ports."""
    install(_Wiring())
    set_json_model(_JsonModel())
