"""The addresses of the page, what each shows, and what each change does."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from crashwatch.errors import (
    ConfigurationError,
    CrashwatchError,
    RefusedError,
    UsageError,
)
from crashwatch.transparency import doors, views
from crashwatch.transparency.guard import Guard
from crashwatch.transparency.live import Live
from crashwatch.transparency.pages import STATIC, Pages
from reports.errors import (
    ConsentError,
    ReportNotFoundError,
    ReportsError,
    StorageError,
)
from reports.spool.damage import DamagedEntryError, NewerEntryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from crashwatch.transparency.desk import Desk
    from crashwatch.transparency.doors import Keys

Form = dict[str, list[str]]

_LARGEST_FORM: Final = 64 * 1024
LIVE_HEADER: Final = "x-live"
"""A page that renews itself is no sign that somebody is there."""

_STATUSES: Final = (
    (ReportNotFoundError, 404),
    (UsageError, 400),
    ((ConsentError, RefusedError), 403),
    ((DamagedEntryError, NewerEntryError), 409),
    ((StorageError, ConfigurationError, OSError), 503),
)
"""By the first that fits; what is left is a report that does not allow it (409)."""


class Site:
    """One person's page: its secrets, its next words, when it was last used."""

    def __init__(
        self, desk: Desk, origin: str, keys: Keys, stop: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._keys = keys
        self._stop = stop
        self._pages = Pages(keys.token)
        self._notices: list[str] = []
        self._is_used = False
        self._live: Live | None = None
        self._origin = origin
        self.last_asked = time.monotonic()

    def application(self) -> ASGIApp:
        """The whole, behind its door."""
        see, change = self._see, self._change
        number = "{report_id:str}"
        routes = [
            Route(doors.ENTRANCE, self._enter),
            Route("/", see("overview.html", lambda _: views.overview(self._desk))),
            Route("/reports", see("reports.html", self._list)),
            Route(f"/reports/{number}", see("report.html", self._report)),
            Route(f"/reports/{number}/fields", see("fields.html", self._fields)),
            Route(f"/reports/{number}/payload", see("payload.html", self._payload)),
            Route(f"/reports/{number}/minidump", see("minidump.html", self._minidump)),
            Route(f"/reports/{number}/envelope", self._envelope),
            Route("/counters", see("counters.html", self._counters)),
            Route("/sent", see("sent.html", self._sent)),
            Route("/disclosure", see("disclosure.html", self._disclosure)),
            Route("/data", see("data.html", self._data)),
            Route("/events", self._events),
            Route("/consent", change(self._choose, "/"), methods=["POST"]),
            Route(
                f"/reports/{number}/approve",
                change(self._approve, ""),
                methods=["POST"],
            ),
            Route(f"/reports/{number}/comment", self._comment, methods=["POST"]),
            Route(
                f"/reports/{number}/discard",
                change(self._discard, "/reports"),
                methods=["POST"],
            ),
            Route("/export", self._export, methods=["POST"]),
            Route("/erase", change(self._erase, "/data"), methods=["POST"]),
            Route("/end", self._end, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        inner = Starlette(
            routes=routes,
            lifespan=self._lifespan,
            exception_handlers={
                ReportsError: self._failed,
                CrashwatchError: self._failed,
                HTTPException: self._failed,
                OSError: self._failed,
            },
        )
        return Guard(inner, self._origin, self._keys, self._asked, self._refused)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._live = Live(self._desk.root)
        # The first list costs the most; it is read while the browser starts.
        warming = asyncio.create_task(run_in_threadpool(self._warm))
        yield
        await self._live.close()
        await warming

    def _warm(self) -> None:
        with contextlib.suppress(ReportsError, CrashwatchError, OSError):
            self._render("overview.html", views.overview(self._desk))

    def end_streams(self) -> None:
        """Let open pages know that this is the end; in the event loop."""
        if self._live is not None:
            self._live.closed = True
            self._live.touched("end")

    def _asked(self, headers: Mapping[str, str], path: str) -> None:
        if LIVE_HEADER not in headers and path != "/events":
            self.last_asked = time.monotonic()

    def _render(self, template: str, values: Mapping[str, object]) -> str:
        version = self._live.version if self._live else 0
        return self._pages.render(
            template, {"notices": (), "version": version, "kept": "", **values}
        )

    def _refused(self, status: int, why: str) -> Response:
        values = {"title": "Not for you", "why": why, "hint": ""}
        return HTMLResponse(self._render("error.html", values), status)

    async def _failed(self, request: Request, error: Exception) -> Response:
        why, hint = str(error), getattr(error, "hint", "")
        if isinstance(error, HTTPException):
            why = "There is no such page." if error.status_code == 404 else error.detail
        values = {"title": "That did not work", "why": why, "hint": hint}
        if isinstance(error, (DamagedEntryError, NewerEntryError)):
            values |= {
                "title": "This report cannot be shown",
                "kept": request.path_params.get("report_id", ""),
            }
        return HTMLResponse(self._render("error.html", values), _status_of(error))

    def _see(
        self, template: str, values: Callable[[Request], Mapping[str, object]]
    ) -> Callable[[Request], Response]:
        def show(request: Request) -> Response:
            version = self._live.version if self._live else 0
            shown = {"version": version, **values(request)}
            notices: list[str] = []
            if LIVE_HEADER not in request.headers:
                notices, self._notices = self._notices, []
            return HTMLResponse(self._render(template, {**shown, "notices": notices}))

        return show

    def _enter(self, request: Request) -> Response:
        ticket = doors.ticket_of(request.url.query)
        if self._is_used or not doors.same(ticket, self._keys.ticket):
            return self._refused(
                403,
                "This address was used already, or is not the one that was printed. "
                "Was it not you? Then somebody else on this machine came first: end "
                "`crashwatch view` and start it again.",
            )
        self._is_used = True
        answer = RedirectResponse("/", 303)
        answer.headers["set-cookie"] = doors.cookie_header(self._keys)
        return answer

    def _list(self, request: Request) -> views.Values:
        state = request.query_params.get("state", "")
        return views.reports(self._desk, state, _page(request))

    def _report(self, request: Request) -> views.Values:
        return views.report(self._desk, request.path_params["report_id"])

    def _fields(self, request: Request) -> views.Values:
        report_id = request.path_params["report_id"]
        return views.fields(self._desk, report_id, _page(request))

    def _payload(self, request: Request) -> views.Values:
        report_id = request.path_params["report_id"]
        return views.payload(self._desk, report_id, _page(request))

    def _minidump(self, request: Request) -> views.Values:
        return views.minidump(self._desk, request.path_params["report_id"])

    def _counters(self, _: Request) -> views.Values:
        return views.counters(self._desk)

    def _sent(self, request: Request) -> views.Values:
        return views.sent(self._desk, _page(request))

    def _disclosure(self, _: Request) -> views.Values:
        return views.disclosure(self._desk)

    def _data(self, _: Request) -> views.Values:
        return views.data(self._desk)

    def _envelope(self, request: Request) -> Response:
        stored = self._desk.read(request.path_params["report_id"])
        name = f"{stored.summary.id[:8]}.envelope"
        return Response(
            stored.envelope,
            media_type="application/octet-stream",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    async def _events(self, _: Request) -> Response:
        assert self._live is not None  # noqa: S101 -- lifespan comes first
        return StreamingResponse(self._live.changes(), media_type="text/event-stream")

    def _change(
        self, act: Callable[[Form, str], str], then: str
    ) -> Callable[[Request], object]:
        """An endpoint that does something and goes on to a page that says so."""

        async def do(request: Request) -> Response:
            form = await self._form(request)
            report_id = request.path_params.get("report_id", "")
            self._notices.append(await run_in_threadpool(act, form, report_id))
            return RedirectResponse(then or f"/reports/{report_id}", 303)

        return do

    async def _form(self, request: Request) -> Form:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LARGEST_FORM:
                raise HTTPException(413, "This form is too large.")
        form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
        if not doors.same(_one(form, "token"), self._keys.token):
            raise HTTPException(403, "This form is not from this page. Load it again.")
        return form

    def _choose(self, form: Form, _: str) -> str:
        category = _one(form, "category")
        if _one(form, "choice") == "grant":
            return self._desk.grant(category, _one(form, "terms"))
        return self._desk.refuse(category)

    def _approve(self, form: Form, report_id: str) -> str:
        comment = _one(form, "comment")
        left_out = set(form.get("without", []))
        digests = [item for item in form.get("item", []) if item not in left_out]
        return self._desk.approve(report_id, digests, comment)

    async def _comment(self, request: Request) -> Response:
        """The report with a comment, to be agreed to or not; nothing is stored."""
        text = _one(await self._form(request), "comment")
        report_id = request.path_params["report_id"]
        values = await run_in_threadpool(views.commented, self._desk, report_id, text)
        return HTMLResponse(self._render("comment.html", values))

    def _discard(self, _: Form, report_id: str) -> str:
        return self._desk.discard(report_id)

    def _erase(self, form: Form, _: str) -> str:
        if _one(form, "sure") != "yes":
            raise RefusedError("Nothing was erased: the box was not ticked.")
        gone = self._desk.erase()
        left = f"{len(gone.left)} could not be" if gone.left else "nothing is left"
        asked = f" {gone.requests} requests to erase were made." * bool(gone.requests)
        return f"{gone.files} files erased; looked again: {left}.{asked}"

    async def _export(self, request: Request) -> Response:
        await self._form(request)
        folder = tempfile.TemporaryDirectory(prefix="crashwatch-export-")
        output = Path(folder.name) / "crashwatch-export.zip"
        try:
            await run_in_threadpool(self._desk.export, output)
        except BaseException:
            folder.cleanup()
            raise
        return FileResponse(
            output, filename=output.name, background=BackgroundTask(folder.cleanup)
        )

    async def _end(self, request: Request) -> Response:
        await self._form(request)
        values = {
            "title": "The page has ended",
            "why": "Everything is as you left it.",
            "hint": "`crashwatch view` opens it again.",
        }
        answer = HTMLResponse(self._render("error.html", values))
        answer.background = BackgroundTask(self._stop)
        return answer


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _status_of(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return 409
