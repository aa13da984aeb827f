"""What an operation promises, said once: who may call it, which problems it answers; and the finished document.

APIFlask makes OpenAPI from the routes and their pydantic models. `operation` adds what it cannot know, and lets
nobody pass whom it documents as kept out. `finish` tidies the whole.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from enum import Enum
from functools import cache, wraps
from typing import Any, TypeVar, cast

from apiflask import APIBlueprint
from flask import request

from api import adapter, auth
from api.in_hand import ALWAYS_ANSWERED
from api.models.problems import Problem
from api.models.what_if import WhatIf
from api.problem_codes import ProblemCode
from api.problem_kinds import HEADERS_OF_STATUS, PROBLEMS
from api.problems import PROBLEM_JSON, ProblemError, problem_members
from api.services import services
from domain.roles import Role

SECURITY_SCHEME = "AccessToken"
SCHEMAS = "#/components/schemas/"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"  # read wherever a form is

adapter.register()  # before any route is declared: each is, by `operation`

View = TypeVar("View", bound=Callable[..., Any])


class Access(Enum):
    """Who may call an operation."""

    PUBLIC = "nobody has to sign in"
    OPTIONAL = "whoever signs in is told more"
    MEMBER = "a token is needed"
    TRAINER = "the token of a trainer, admin or owner is needed"
    ADMIN = "the token of an admin or owner is needed"
    OWNER = "the token of an owner is needed"


_SECURITY: dict[Access, list[dict[str, list[str]]] | None] = {
    Access.PUBLIC: None,
    Access.OPTIONAL: [{}, {SECURITY_SCHEME: []}],
    Access.MEMBER: [{SECURITY_SCHEME: []}],
    Access.TRAINER: [{SECURITY_SCHEME: []}],
    Access.ADMIN: [{SECURITY_SCHEME: []}],
    Access.OWNER: [{SECURITY_SCHEME: []}],
}

_WRITING = {"post", "patch", "delete"}

_LEAST_ROLES = {Access.TRAINER: Role.TRAINER, Access.ADMIN: Role.ADMIN, Access.OWNER: Role.OWNER}

_TOKENS_FAIL = (
    ProblemCode.TOKEN_INVALID,
    ProblemCode.TOKEN_EXPIRED,
    ProblemCode.TOKEN_ENDED,
    ProblemCode.MEMBER_SUSPENDED,
)
_ASKS_TOO_OFTEN = (ProblemCode.TOO_MANY_REQUESTS,)  # who is known is counted
_NO_TOKEN_FITS = (ProblemCode.TOKEN_MISSING, *_TOKENS_FAIL, *_ASKS_TOO_OFTEN)
_TOKEN_PROBLEMS: dict[Access, tuple[ProblemCode, ...]] = {
    Access.PUBLIC: (),
    Access.OPTIONAL: (*_TOKENS_FAIL, *_ASKS_TOO_OFTEN),
    Access.MEMBER: _NO_TOKEN_FITS,
    **dict.fromkeys(_LEAST_ROLES, (*_NO_TOKEN_FITS, ProblemCode.NOT_PERMITTED)),
}

BODY_PROBLEMS = (
    ProblemCode.INVALID_JSON,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.INVALID_INPUT,
)
"""What may be wrong with any JSON body."""

HEADER_DOCS: dict[str, dict[str, Any]] = {
    "Location": {"description": "Where the command can be looked up.", "schema": {"type": "string"}},
    "Preference-Applied": {
        "description": "The wait that was granted, such as `wait=10`; only with `Prefer: wait`.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "After how many seconds to try again.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "How to sign in.", "schema": {"type": "string"}},
}

_described = APIBlueprint("described", __name__)  # its `doc` writes on the view, so any blueprint's would do


def operation(
    *,
    access: Access,
    problems: Iterable[ProblemCode] = (),
    answers: Mapping[int, dict[str, Any]] | None = None,
    summary: str | None = None,
    body_bytes_max: int | None = None,
    gives_a_command: bool = False,
) -> Callable[[View], View]:
    """Document a view and check its caller's token before its input is looked at.

    Put it directly under the route. `answers` are full OpenAPI responses beside the one of `@output`. Who is let in may
    send a body of up to `body_bytes_max`, where that is more than the server reads of others. Of a view that does
    nothing but give a command, the log is asked whether the member of a token may still come.
    """
    turned_away = [ProblemCode.BACKLOG_FULL] * gives_a_command

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            _let_in(access, asks=not gives_a_command)
            if body_bytes_max is not None:
                request.max_content_length = max(body_bytes_max, request.max_content_length or 0)
            try:
                return view(*args, **kwargs)
            except Exception as error:
                accepted = isinstance(error, ProblemError) and error.command is not None
                if gives_a_command and not accepted:
                    # The log was not asked. Who may not come is told that, and nothing of what they sent.
                    auth.let_in_once()
                raise

        documented = _described.doc(
            summary=summary,
            security=cast("Any", _SECURITY[access]),
            responses=cast(
                "Any", {**(answers or {}), **_problem_answers([*_TOKEN_PROBLEMS[access], *problems, *turned_away])}
            ),
        )(checked)
        return cast("View", documented)

    return decorate


def _let_in(access: Access, *, asks: bool) -> None:
    """End the request with a problem unless its caller may call the operation."""
    if access is Access.PUBLIC:
        return
    auth.identify(services().settings, required=access is not Access.OPTIONAL, asks=asks)
    if access in _LEAST_ROLES:
        # As it is now, not when the token was issued: whoever is no longer on the staff may still hold one.
        role = auth.caller().role
        if role is None or not role.reaches(_LEAST_ROLES[access]):
            raise ProblemError(ProblemCode.NOT_PERMITTED)


def json_answer(schema: str, description: str) -> dict[str, Any]:
    """Return the OpenAPI response of an answer with this model, for a second status beside that of `@output`."""
    return {"description": description, "content": {JSON: {"schema": {"$ref": f"{SCHEMAS}{schema}"}}}}


def html_answer(description: str) -> dict[str, Any]:
    """Return the OpenAPI response of a page for people."""
    return {"description": description, "content": {"text/html": {"schema": {"type": "string"}}}}


def command_answer(description: str, *, or_else: str | None = None) -> dict[str, Any]:
    """Return the OpenAPI response of an operation that answers with a command, or, asked otherwise, another model."""
    headers = {name: HEADER_DOCS[name] for name in ("Location", "Preference-Applied")}
    answer = {**json_answer("Command", description), "headers": headers}
    if or_else is not None:
        models = [{"$ref": f"{SCHEMAS}{name}"} for name in ("Command", or_else)]
        answer["content"] = {JSON: {"schema": {"oneOf": models}}}
    return answer


def _problem_answers(codes: Iterable[ProblemCode]) -> dict[int, dict[str, Any]]:
    by_status: dict[int, list[ProblemCode]] = {}
    for code in [*codes, ProblemCode.INTERNAL_ERROR]:
        by_status.setdefault(int(PROBLEMS[code].status), []).append(code)
    return {status: _problem_answer(*same) for status, same in sorted(by_status.items())}


@cache
def _problem_answer(*codes: ProblemCode) -> dict[str, Any]:
    """Return what is said of these problems; many operations share one, and nobody may change it."""
    names = [*HEADERS_OF_STATUS.get(PROBLEMS[codes[0]].status, {})]
    if {ProblemCode.TOO_MANY_ATTEMPTS, ProblemCode.TOO_MANY_REQUESTS} & set(codes):
        names.append("Retry-After")
    if {ProblemCode.REFUSED, ProblemCode.COMMAND_FAILED} & set(codes):
        names += ["Location", "Preference-Applied"]
    answer: dict[str, Any] = {
        "description": "; ".join(PROBLEMS[code].title for code in codes),
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": f"{SCHEMAS}Problem"},
                "examples": _examples(*codes),
            }
        },
    }
    if names:
        answer["headers"] = {name: HEADER_DOCS[name] for name in names}
    return answer


def finish(spec: dict[str, Any]) -> dict[str, Any]:
    """Tidy what APIFlask made: plain schema names, bodies required where they are, parameters without null."""
    schemas = spec["components"]["schemas"]
    nested: dict[str, Any] = {}
    for model in (Problem, WhatIf):
        schema = model.model_json_schema(ref_template=SCHEMAS + "{model}", mode="serialization")
        nested |= {**schema.pop("$defs", {}), model.__name__: schema}
    spec = _renamed(spec, {name: name.rpartition(".")[2] for name in schemas})
    schemas = spec["components"]["schemas"]
    for name, schema in nested.items():
        schemas.setdefault(name, schema)
    for path, operations in spec["paths"].items():
        for method, about in operations.items():
            if about.get("security") and method in _WRITING:
                # Whatever changes something for a member may be refused to a browser's cookie.
                _add_problem(about["responses"], ProblemCode.FORM_TOKEN_WRONG)
            if path not in ALWAYS_ANSWERED:
                _add_problem(about["responses"], ProblemCode.SERVER_BUSY)
            about["parameters"] = [_parameter(parameter) for parameter in about["parameters"]]
            if body := about.get("requestBody"):
                content = next(iter(body["content"].values()))
                schema = schemas[content["schema"]["$ref"].removeprefix(SCHEMAS)]
                if FORM in body["content"]:
                    body["content"][MULTIPART] = content
                body["required"] = bool({"required", "oneOf", "anyOf"} & schema.keys())
    return spec


def _add_problem(answers: dict[str, Any], code: ProblemCode) -> None:
    answer = deepcopy(_problem_answer(code))
    other = answers.setdefault(str(int(PROBLEMS[code].status)), answer)
    if other is not answer:
        other["description"] += f"; {answer['description']}"
        other["content"].setdefault(PROBLEM_JSON, answer["content"][PROBLEM_JSON])["examples"] |= _examples(code)
        other.setdefault("headers", {}).update(answer.get("headers", {}))


def _examples(*codes: ProblemCode) -> dict[str, Any]:
    return {str(code): {"value": problem_members(code)} for code in codes}


def _renamed(spec: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """APIFlask calls a nested model `Parent.Child`, once for each parent; one name is enough."""
    by_ref = {SCHEMAS + old: SCHEMAS + new for old, new in names.items()}

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: by_ref.get(item, item) if key == "$ref" else walk(item) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else value

    walked: dict[str, Any] = walk(spec)
    schemas = walked["components"]["schemas"]
    # The whole model, registered under its own name, comes before the copies under its parents.
    ordered = sorted(schemas, key=lambda name: "." in name, reverse=True)
    walked["components"]["schemas"] = dict(sorted({names[name]: schemas[name] for name in ordered}.items()))
    return walked


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not, never null; in a path, ids are UUIDs."""
    schema = dict(parameter["schema"])
    if parameter["in"] == "path":
        if parameter["name"].endswith("_id"):
            schema["format"] = "uuid"
        return {**parameter, "required": True, "schema": schema}
    kinds = [kind for kind in schema.pop("anyOf", []) if kind.get("type") != "null"]
    schema = {**schema, **(kinds[0] if kinds else {})}
    if schema.get("default", ...) is None:
        del schema["default"]
    description = schema.pop("description", "")
    name = parameter["name"].title() if parameter["in"] == "header" else parameter["name"]
    return {**parameter, "name": name, "description": description, "schema": schema}
