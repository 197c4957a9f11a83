"""The result of a tool as plain data. Its JSON and its pydantic model are made on first use.

    data = ToolData(ShapResult, {"tool": "request_shap", "patient_id": "P0023", ...})
    data.json     # what a server sends
    data.model    # what an agent in this process reads

The fields are in the order of the model and the values have its types, so that both give the same bytes. A server only
needs the JSON: making a pydantic model takes longer than most tools do. Nothing here knows the tools.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json

Model = TypeVar("Model", bound=BaseModel, covariant=True)


class ToolData(Generic[Model]):
    """The data of one result. Sessions of one episode share it, so it must not be changed."""

    def __init__(self, kind: type[Model], fields: Mapping[str, Any]) -> None:
        """Keep the fields of a result.

        Args:
            kind: Its model.
            fields: By name, in the order of the model.
        """
        self.fields = fields
        self._kind = kind

    @cached_property
    def json(self) -> bytes:
        """The result as its model would write it."""
        return to_json(self.fields)

    @cached_property
    def model(self) -> Model:
        """The result as its model."""
        return self._kind.model_validate(self.fields)
