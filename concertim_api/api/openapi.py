"""The description of the API in OpenAPI, made from the routes."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator, Mapping
from typing import Any

from concertim_api.api import query, types, versions
from concertim_api.api.expose import Endpoint
from concertim_api.api.routing import Controller, Route, routes

Schema = dict[str, Any]


class Description(types.Representation):
    """An OpenAPI document."""

    openapi = types.text
    info = types.attributes
    paths = types.attributes
    components = types.attributes


@dc.dataclass(frozen=True, slots=True)
class OpenAPI:
    openapi: str
    info: Mapping[str, Any]
    paths: Mapping[str, Any]
    components: Mapping[str, Any]


_PAGING: Mapping[str, tuple[Schema, str]] = {
    "limit": ({"type": "integer", "minimum": 1}, "Rows in a page."),
    "marker": (
        {"type": "string"},
        "Where the page begins, from the link to it.",
    ),
    "sort": (
        {"type": "string"},
        "key:asc or key:desc, several with commas between.",
    ),
    "fields": (
        {"type": "string"},
        "The fields to show, with commas between.",
    ),
}

_ERROR_FIELDS: Schema = {
    "request_id": {"type": "string"},
    "code": {"type": "string", "pattern": r"^concertim\.[a-z_]+$"},
    "status": {"type": "integer"},
    "title": {"type": "string"},
    "detail": {"type": "string"},
    "links": {"type": "array"},
}

_ERROR: Schema = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": [*_ERROR_FIELDS],
                "properties": _ERROR_FIELDS,
            },
        }
    },
}


def describe(root: Controller) -> OpenAPI:
    """Return the document for a tree of controllers."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Schema] = {"Error": _ERROR}
    for route in routes(root):
        methods = paths.setdefault(route.path, {})
        methods[route.method.lower()] = _operation(route, schemas)
    return OpenAPI(
        openapi="3.0.3",
        info={
            "title": "concertim-api",
            "version": versions.MAXIMUM,
            "description": "Who used what of the cloud, and when.",
        },
        paths=paths,
        components={
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Auth-Token",
                }
            },
        },
    )


def _operation(route: Route, schemas: dict[str, Schema]) -> Schema:
    endpoint = route.endpoint
    name = route.path.strip("/").replace("/", "_") or "root"
    described: Schema = {
        "operationId": f"{route.method.lower()}_{name}",
        "summary": route.title,
        "description": endpoint.summary,
        "parameters": list(_parameters(route)),
        "responses": {
            str(endpoint.status): _answer(endpoint, schemas),
            "default": {
                "description": "What went wrong.",
                "content": _json({"$ref": "#/components/schemas/Error"}),
            },
        },
        "security": [{"token": []}] if endpoint.policy else [],
    }
    if endpoint.or_nothing:
        described["responses"]["204"] = {"description": "Done."}
    if endpoint.paged or endpoint.single:
        described["responses"]["304"] = {"description": "Known already."}
    if endpoint.body is not None:
        described["requestBody"] = {
            "required": bool(types.mandatory(endpoint.body)),
            "content": _json(_reference(endpoint.body, schemas)),
        }
    return described


def _parameters(route: Route) -> Iterator[Schema]:
    for name in route.ids:
        yield _parameter(name, route.endpoint.item_id.schema(), "path")
    declared_query: query.Query = route.endpoint.query
    for name, declared in declared_query.arguments.items():
        words = {}
        if since := declared_query.added.get(name):
            words["description"] = "From {}.{} on.".format(*since)
        yield _parameter(name, declared.schema(), **words)
    for name, declared in declared_query.filters.items():
        operators = ", ".join(declared.operators)
        yield _parameter(
            name,
            {"type": "string", "minLength": 1},
            description=f"A condition: a value, or one of the operators "
            f"{operators} with a colon before the value.",
        )
    if declared_query.sort:
        for name, (schema, description) in _PAGING.items():
            yield _parameter(name, schema, description=description)


def _parameter(
    name: str, schema: Schema, place: str = "query", **description: str
) -> Schema:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "schema": schema,
        **description,
    }


def _answer(endpoint: Endpoint, schemas: dict[str, Schema]) -> Schema:
    if endpoint.returns is None:
        return {"description": "Done."}
    if isinstance(endpoint.returns, types.Document):
        content_type = endpoint.returns.content_type
        return {
            "description": f"It is {endpoint.returns.title}.",
            "content": {content_type: {"schema": {"type": "string"}}},
        }
    return {
        "description": "The answer.",
        "content": _json(_reference(endpoint.returns, schemas)),
    }


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _reference(
    datatype: type[types.Representation], schemas: dict[str, Schema]
) -> Schema:
    name = datatype.__name__
    if name not in schemas:
        schemas[name] = {}  # a type may contain itself
        schemas[name] = _schema(datatype, schemas)
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(
    datatype: type[types.Representation], schemas: dict[str, Schema]
) -> Schema:
    required = sorted(types.mandatory(datatype))
    properties = {
        name: _field(declared, schemas, nullable=name not in required)
        for name, declared in types.fields(datatype).items()
    }
    if issubclass(datatype, types.Item):
        links = {"type": "array", "items": _reference(types.Link, schemas)}
        properties["links"] = links
    schema: Schema = {"type": "object", "properties": properties}
    if datatype.__doc__:
        schema["description"] = datatype.__doc__.partition("\n")[0]
    return {**schema, "required": required} if required else schema


def _field(
    declared: Any, schemas: dict[str, Schema], *, nullable: bool
) -> Schema:
    item = types.item_of(declared)
    if item is not None:
        items = _field(item, schemas, nullable=False)
        return {"type": "array", "items": items}
    if types.is_representation(declared):
        return _reference(declared, schemas)
    schema: Schema = declared.schema()
    if nullable and "enum" in schema:
        schema = {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "nullable": True} if nullable else schema
