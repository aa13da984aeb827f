"""What the unsubscribe address is sent, by mail programs and by its own page."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from api.models.common import Answer


def _one_at_least(schema: dict[str, Any]) -> None:
    """Say in the schema what the validator below sees to."""
    schema["anyOf"] = [{"required": [name]} for name in schema["properties"]]


class UnsubscribeForm(Answer):
    """What to do. Of several, undoing counts before all, and all before one kind. Other fields are passed over."""

    model_config = ConfigDict(json_schema_extra=_one_at_least)

    one_click: Literal["One-Click"] | None = Field(
        None, alias="List-Unsubscribe", description="No more e-mails of this kind."
    )
    all_: Literal["1"] | None = Field(None, alias="all", description="No more e-mails at all.")
    undo: Literal["1"] | None = Field(None, description="E-mails again, those of this kind among them.")

    @model_validator(mode="after")
    def _says_something(self) -> "UnsubscribeForm":
        if not self.model_fields_set:
            raise ValueError("Send `List-Unsubscribe=One-Click`, as RFC 8058 says")
        return self
