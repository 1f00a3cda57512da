"""The way from a data element to the JSON Model, which lies above it."""

from __future__ import annotations

from typing import Any

__all__ = ("json_model", "set_json_model")

_installed: list[Any] = []


def set_json_model(model: Any) -> None:
    """Say what has the functions of :mod:`adicom.jsonmodel`; the top of the package calls it."""
    _installed[:] = [model]


def json_model() -> Any:
    """Return what was set."""
    return _installed[0]
