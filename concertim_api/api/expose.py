"""``@expose``: the only place where HTTP meets a controller's method."""

from __future__ import annotations

import dataclasses as dc
import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib import parse

import pecan

from concertim_api.api import body as bodies
from concertim_api.api import errors, render, types, versions
from concertim_api.api import query as queries
from concertim_api.api.query import Arguments, Query
from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.services.common.listing import Page

Method = Callable[..., Any]

#: The header of a list that may lack what ended before a moment.
ARCHIVED = "Concertim-Archived-Before"

#: Set in the environ of a request: its endpoint.
ENDPOINT = "concertim.endpoint"


@dc.dataclass(frozen=True, slots=True)
class RelatedUrl:
    """A link, as the caller can use it."""

    rel: str
    href: str


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An exposed method, and how it is called. Tests and docs read it."""

    method: Method
    returns: type[types.Representation] | types.Document | None
    policy: str | None
    body: type[types.Representation] | None
    query: Query
    status: int
    since: versions.Version
    item_id: Any
    or_nothing: bool = False

    @property
    def summary(self) -> str:
        return inspect.getdoc(self.method) or ""

    @property
    def paged(self) -> bool:
        return isinstance(self.returns, type) and issubclass(
            self.returns, types.List
        )

    @property
    def single(self) -> bool:
        """Whether it shows one item that has a URL."""
        return isinstance(self.returns, type) and issubclass(
            self.returns, types.Item
        )

    @property
    def row(self) -> Any:
        """The type of a page's rows, or of the one item."""
        return types.rows_of(self.returns)[1] if self.paged else self.returns

    def __call__(
        self, controller: Any, request: Any, response: Any, path: Sequence[str]
    ) -> Any:
        """Answer a request: check it, call the method, render its result."""
        context = request.context
        if request.environ[versions.ENVIRON] < self.since:
            raise NotFound("Not in this version of the API.")
        if self.policy is not None:
            context.authorize(self.policy)
        arguments = queries.read(
            self.query,
            request.environ.get("QUERY_STRING", ""),
            context.settings,
            self.row,
            request.environ[versions.ENVIRON],
        )
        ids = [_read_id(self.item_id, word) for word in path]
        if self.body is not None:
            arguments.values["body"] = bodies.read(
                request.content_type,
                _body_of(request),
                self.body,
                request.headers.get(bodies.KEY_HEADER),
            )
        result = self.method(controller, context, *ids, **arguments.values)
        response.status = self.status
        return self._rendered(request, response, result, arguments)

    def _rendered(
        self, request: Any, response: Any, result: Any, arguments: Arguments
    ) -> Any:
        if self.returns is None:
            return b""
        if result is None and self.or_nothing:
            response.status = 204
            return b""
        if isinstance(self.returns, types.Document):
            response.content_type = self.returns.content_type
            response.headers.update(self.returns.headers)
            response.body = _tagged(request, response, result.encode())
            return response
        if self.paged:
            return self._paged(request, response, result, arguments)
        chosen = self._parts(arguments) or _early_fields(self.returns, request)
        document = _item(self.returns, result, chosen)
        if self.status == 201:
            name = getattr(self.returns, "_id", "id")
            href = _child_url(request, document[name])
            response.headers["Location"] = href
        elif place := getattr(self.returns, "_place", None):
            href = _place_url(request, place, document["id"])
            if self.status == 202:
                response.headers["Location"] = href
        else:
            href = _request_url(request)
        if not self.single:
            return render.dumps(document)
        document["links"] = [RelatedUrl("self", href)]
        return _tagged(request, response, render.dumps(document))

    def _paged(
        self, request: Any, response: Any, result: Any, arguments: Arguments
    ) -> Any:
        response.content_type = "application/json"
        if before := getattr(result, "archived_before", None):
            response.headers[ARCHIVED] = f"{before:%Y-%m-%dT%H:%M:%SZ}"
        pieces = self._page(request, result, arguments)
        if len(result.rows) <= render.CHUNK:
            response.body = b"".join(pieces)  # and its length is told
        else:
            response.app_iter = pieces
        return response

    def _parts(self, arguments: Arguments) -> tuple[str, ...] | None:
        """Return the fields to show: parts only on request. None: all."""
        missing = {
            name
            for name, declared in self.query.arguments.items()
            if isinstance(declared, types.Part)
            and not arguments.values.get(name)
        }
        if not missing:
            return None
        return tuple(n for n in types.fields(self.returns) if n not in missing)

    def _page(
        self, request: Any, result: Any, arguments: Arguments
    ) -> Iterator[bytes]:
        name, item = types.rows_of(self.returns)
        rendered = render.rows(
            item,
            result.rows,
            arguments.fields
            or getattr(result, "fields", None)
            or _early_fields(item, request),
            getattr(result, "computed", None),
        )
        other_fields: dict[str, Any] = {}
        for field, declared in types.fields(self.returns).items():
            if field not in (name, "links"):
                is_nested = types.is_representation(declared)
                value = getattr(result, field)
                other_fields[field] = (
                    _item(declared, value) if is_nested else value
                )
        following = _following(result, arguments)
        other_fields["links"] = (
            [RelatedUrl("next", _url_with(request, following))]
            if following
            else []
        )
        return render.streamed(name, rendered, other_fields)


def expose(
    returns: type[types.Representation] | types.Document | None = None,
    *,
    policy: str | None,
    body: type[types.Representation] | None = None,
    status: int = 200,
    since: str = versions.MINIMUM,
    filters: Mapping[str, Any] | None = None,
    sort: Sequence[str] = (),
    whole: bool = False,
    item_id: Any = types.text,
    query: Mapping[str, Any] | None = None,
    added: Mapping[str, str] | None = None,
    or_nothing: bool = False,
) -> Callable[[Method], Method]:
    """Publish a controller's method.

    Before the call: version, policy, query and body are checked. After it:
    the result is rendered by its type. Errors become one error document.
    ``policy`` None: anybody, without a token. The method gets the context,
    the ids in the path, the arguments of the ``query`` that the request has
    (those ``added`` later only in the microversion named there, and after),
    and ``listing`` (with ``sort``), ``filters`` or ``body`` where declared. A
    method for a ``types.Document`` returns its text. With ``or_nothing``, the
    method may return None: 204.
    """

    def decorate(method: Method) -> Method:
        endpoint = Endpoint(
            method=method,
            returns=returns,
            policy=policy,
            body=body,
            query=Query(
                arguments=query or {},
                added={
                    name: versions.parse(word)
                    for name, word in (added or {}).items()
                },
                filters=filters or {},
                sort=sort,
                whole=whole,
            ),
            status=status,
            since=versions.parse(since),
            item_id=item_id,
            or_nothing=or_nothing,
        )

        def handler(self: Any, *path: str, **_pecans: Any) -> Any:
            request, response = pecan.request, pecan.response
            request.environ[ENDPOINT] = endpoint
            try:
                return endpoint(self, request, response, path)
            except Exception as exc:  # each becomes an error document
                return _failed(request, response, exc)

        handler.__name__, handler.__doc__ = method.__name__, method.__doc__
        handler.endpoint = endpoint  # type: ignore[attr-defined]
        published: Method = pecan.expose(content_type="application/json")(
            handler
        )
        return published

    return decorate


def _early_fields(declared: Any, request: Any) -> tuple[str, ...] | None:
    """Return the fields that there were in the microversion of a request.

    A representation names those that came later in ``_added``. None: all.
    """
    version = request.environ[versions.ENVIRON]
    later = {
        name
        for name, since in getattr(declared, "_added", {}).items()
        if version < versions.parse(since)
    }
    if not later:
        return None
    return tuple(name for name in types.fields(declared) if name not in later)


def _failed(request: Any, response: Any, exc: Exception) -> bytes:
    problem = errors.describe(exc)
    response.status = problem.status
    response.headers.update(problem.headers)
    request.environ[errors.IS_DOCUMENT] = True
    return problem.document(request.context.request_id)


def _read_id(declared: Any, word: str) -> Any:
    try:
        return queries.value("id", declared, word)
    except Invalid:
        raise NotFound("There is nothing with this id.") from None


def _body_of(request: Any) -> bytes:
    try:
        content: bytes = request.body
    except OSError:
        raise Invalid("body", "ended too soon") from None
    return content


def _item(
    declared: Any, value: Any, chosen: tuple[str, ...] | None = None
) -> dict[str, Any]:
    """Return one item as a dict; services return a page of one."""
    if isinstance(value, Page):
        return render.row(declared, value.rows[0], value.computed, chosen)
    return render.row(declared, value, None, chosen)


def _following(result: Any, arguments: Arguments) -> dict[str, Any]:
    """Return the arguments that lead to the next page, if there is one."""
    marker = getattr(result, "marker", None)
    if marker is not None:
        sort = arguments.values["listing"].sort
        return {"marker": queries.encode_marker(sort, marker)}
    if getattr(result, "more", False):
        return {"since": result.cursor}
    return {}


def _tagged(request: Any, response: Any, content: bytes) -> bytes:
    """Return the content; nothing, with 304, if the caller has it."""
    if request.method not in ("GET", "HEAD"):
        return content
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    header = request.headers.get("If-None-Match", "")
    tags = {word.strip().removeprefix("W/") for word in header.split(",")}
    if tag in tags or "*" in tags:
        response.status = 304
        return b""
    return content


def _path_url(request: Any) -> str:
    """Return the URL of this request without its query."""
    path = parse.quote(request.path_info.rstrip("/"), safe="/:@!$&'()*+,;=~")
    return f"{request.context.base_url}{path}"


def _request_url(request: Any) -> str:
    """Return the URL of this request."""
    words: str = request.environ.get("QUERY_STRING", "")
    return f"{_path_url(request)}?{words}" if words else _path_url(request)


def _child_url(request: Any, item_id: str) -> str:
    """Return the URL of an item that this request created."""
    return f"{_path_url(request)}/{parse.quote(item_id, safe='')}"


def _place_url(request: Any, place: str, item_id: str) -> str:
    """Return the URL of an item in another collection."""
    return f"{request.context.base_url}{place}/{parse.quote(item_id, safe='')}"


def _url_with(request: Any, arguments: Mapping[str, Any]) -> str:
    """Return the URL of this request with some arguments changed."""
    words = request.environ.get("QUERY_STRING", "")
    pairs = parse.parse_qsl(words.encode("latin-1").decode())
    merged = {**dict(pairs), **arguments}
    return f"{_path_url(request)}?{parse.urlencode(merged)}"
