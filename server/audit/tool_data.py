"""What a tool found, as plain data; its JSON and its pydantic model are each made when they are first asked for.

    data = ToolData(ShapResult, {"tool": "request_shap", "patient_id": "P0023", ...})
    data.json     # what a server sends
    data.model    # what an agent in this process reads

The fields stand in the order of the model, and the values are of its types: then both say the same to the byte. To make
and to write a pydantic model takes longer than most tools do, and a server needs none. Nothing here knows the tools.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json

Model = TypeVar("Model", bound=BaseModel, covariant=True)


class ToolData(Generic[Model]):
    """The data of one result. Sessions of one episode share it, so nobody changes it."""

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
