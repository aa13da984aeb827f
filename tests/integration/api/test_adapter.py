"""Models are read and written by pydantic itself, and what is answered stays the JSON it was."""

import json
from uuid import UUID

from api.adapter import ModelAdapter, ModelJson
from api.app import create_app
from api.models.common import Named
from storage.settings import settings
from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import Studio

NAMED = Named(id=UUID(int=7), name='Kundalini "für alle" 🧘')


def test_a_model_is_written_as_its_plain_values_would_be() -> None:
    written = ModelJson(create_app(settings()))

    assert json.loads(written.dumps(NAMED)) == json.loads(written.dumps(NAMED.model_dump(mode="json")))


def test_plain_values_are_checked_before_they_are_answered() -> None:
    assert ModelAdapter(Named).serialize_output({"id": str(NAMED.id), "name": NAMED.name}) == NAMED


def test_a_header_is_read_however_its_name_is_written(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    first = me.book(session_id, **{"idempotency-key": "mine"})
    again = me.book(session_id, **{"IDEMPOTENCY-KEY": "mine"})

    assert first.json["id"] == again.json["id"]
    problem(me.book(session_id, Idempotency_Key=""), 422, "invalid_input")
