"""How APIFlask reads input into our models, and how models are written as JSON: by pydantic, in one step each."""

from typing import Any

from apiflask.schema_adapters import registry
from apiflask.schema_adapters.pydantic import PydanticAdapter
from flask import Request
from flask.json.provider import DefaultJSONProvider
from pydantic import BaseModel, ValidationError

from api.errors import input_problem


class ModelAdapter(PydanticAdapter):
    """Reads what a model asks for, and leaves a model that is answered to `ModelJson`."""

    def validate_input(self, request: Request, location: str, **_: Any) -> BaseModel:
        """Return the checked input; what makes no sense ends the request with the problem `invalid_input`."""
        try:
            return self.model_class.model_validate(self._values(request, location))
        except ValidationError as error:
            raise input_problem(error, location) from None

    def _values(self, request: Request, location: str) -> Any:
        match location:
            case "json":
                return request.get_json()
            case "query":
                return request.args.to_dict()
            case "form":
                return request.form.to_dict()
            case "headers":
                found = {name: request.headers.get(name.replace("_", "-")) for name in self.model_class.model_fields}
                return {name: value for name, value in found.items() if value is not None}
            case _:
                raise ValueError(f"input from {location} is not read here")

    def serialize_output(self, data: Any, many: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002
        """Return the answer's model."""
        return data if isinstance(data, BaseModel) else self.model_class.model_validate(data)


class ModelJson(DefaultJSONProvider):
    """Writes a model without making plain values of it first."""

    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return the JSON of a model, or of plain values."""
        return obj.model_dump_json(by_alias=True) if isinstance(obj, BaseModel) else super().dumps(obj, **kwargs)


def register() -> None:
    """Let routes that are declared from now on read and write so."""
    registry.register("pydantic", ModelAdapter)
