"""The operator's tool against a double of Sentry, made by its documents."""

from __future__ import annotations

import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from reports.deletion_request import (
    MOST_IDS,
    TITLE,
    DeletionRequest,
    make_requests,
    parse_request,
    request_event,
    request_in,
)
from reports.errors import DeliveryError, StorageError
from reports.honour.carry_out import honour
from reports.honour.http_api import HttpApi
from reports.honour.sentry_api import Sentry

DAY = date(2026, 3, 5)
MINE, OTHERS, LONE = "1" * 32, "2" * 32, "3" * 32
SOMEBODY = "a" * 64
REQUEST = DeletionRequest("f" * 32, DAY, (MINE, LONE, "9" * 32), (SOMEBODY,))


class SentryDouble(BaseHTTPRequestHandler):
    """Issues and events as docs.sentry.io/api tells them; two to a page."""

    def log_message(self, *_args):
        """Say nothing."""

    def answer(self, status, value=None, headers=()):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, content in headers:
            self.send_header(name, content)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def page(self, rows, path):
        query = urlsplit(self.path).query
        start = int(query.rpartition("cursor=")[2]) if "cursor=" in query else 0
        more = "true" if start + 2 < len(rows) else "false"
        url = f"http://127.0.0.1:{self.server.server_port}/{path}?cursor={start + 2}"
        link = f'<{url}>; rel="previous"; results="false"; cursor="0", '
        link += f'<{url}>; rel="next"; results="{more}"; cursor="{start + 2}"'
        self.answer(200, rows[start : start + 2], [("Link", link)])

    def do_GET(self):
        if self.headers["Authorization"] != "Bearer right":
            self.answer(401, {"detail": "no"})
            return
        path = urlsplit(self.path).path.strip("/")
        issues = self.server.issues
        if path == "api/0/projects/org/proj/issues":
            rows = [{"id": i, "title": t} for i, (t, _) in issues.items()]
            self.page(rows, f"{path}/")
        elif path.startswith("api/0/organizations/org/issues/"):
            _, events = issues[path.split("/")[5]]
            self.page([{"eventID": e} for e in events], f"{path}/")
        else:
            self.event(path.rpartition("/")[2])

    def event(self, event_id):
        for _, events in self.server.issues.values():
            if event_id in events:
                self.answer(200, {"eventID": event_id, "context": events[event_id]})
                return
        self.answer(404)

    def do_DELETE(self):
        issue = urlsplit(self.path).path.strip("/").rpartition("/")[2]
        self.server.deleted.append(issue)
        found = self.server.issues.pop(issue, None)
        self.answer(202 if found else 404)


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), SentryDouble)
    server.deleted = []
    extra = json.loads(request_event(REQUEST))["extra"]
    server.issues = {
        "10": ("SIGSEGV", {MINE: {}, OTHERS: {}, "4" * 32: {}}),
        "11": ("SIGABRT", {LONE: {}}),
        "12": ("usage", {"5" * 32: {"id": SOMEBODY}}),
        "13": (TITLE, {REQUEST.id: extra}),
        "14": (f"not a {TITLE}", {"6" * 32: {"schema": 1, "event_ids": "all"}}),
    }
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sentry(server, token="right"):
    api = HttpApi(f"http://127.0.0.1:{server.server_port}", token=token)
    return Sentry(api, "org", "proj")


class TestSentry:
    def test_what_is_wholly_theirs_goes_and_the_rest_is_told(self, server):
        result = honour(sentry(server))
        assert result.requests == [REQUEST.id]
        assert result.erased == sorted([LONE, "5" * 32])
        assert result.left == [MINE]
        assert result.absent == ["9" * 32]
        assert result.done == []
        assert sorted(server.deleted) == ["11", "12"]

    def test_whole_issues_take_the_others_too_and_the_request_is_done(self, server):
        result = honour(sentry(server), whole_issues=True)
        assert result.left == []
        assert result.done == [REQUEST.id]
        assert set(server.issues) == {"14"}

    def test_a_dry_run_deletes_nothing(self, server):
        result = honour(sentry(server), dry_run=True)
        assert result.left == sorted([MINE, LONE, "5" * 32])
        assert server.deleted == []

    def test_twice_is_once(self, server):
        honour(sentry(server), whole_issues=True)
        assert honour(sentry(server)).requests == []

    def test_a_wrong_token_is_said(self, server):
        with pytest.raises(DeliveryError, match="answered 401"):
            honour(sentry(server, "wrong"))


class TestApi:
    @pytest.mark.parametrize(
        "url", ["http://example.org", "ftp://example.org", "example.org", ""]
    )
    def test_only_https(self, url):
        with pytest.raises(DeliveryError, match="must begin with https"):
            HttpApi(url)

    def test_another_host_is_not_followed(self, server):
        api = HttpApi(f"http://127.0.0.1:{server.server_port}", token="right")
        with pytest.raises(DeliveryError, match="another host"):
            api.get("http://127.0.0.2:1/api/")

    def test_a_server_that_is_not_there_is_said(self):
        with pytest.raises(DeliveryError, match="could not be used"):
            HttpApi("http://127.0.0.1:1").get("x")


class TestRequest:
    def test_it_reads_back(self):
        assert parse_request(request_event(REQUEST)) == REQUEST

    def test_it_holds_no_more_than_is_told(self):
        event = json.loads(request_event(REQUEST))
        event["user"] = {"id": "somebody"}
        with pytest.raises(StorageError, match="that we do not write"):
            parse_request(json.dumps(event, separators=(",", ":")).encode())

    @pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"event_id":1,"extra":{}}'])
    def test_anything_else_is_refused(self, data):
        with pytest.raises(StorageError):
            parse_request(data)

    @pytest.mark.parametrize(
        "extra",
        [
            None,
            {"schema": 2},
            {"schema": 1, "day": "x", "event_ids": [], "anonymous_ids": []},
            {"schema": 1, "day": "2026-03-05", "event_ids": ["*"], "anonymous_ids": []},
            {"schema": 1, "day": "2026-03-05", "event_ids": [MINE]},
            {
                "schema": 1,
                "day": "2026-03-05",
                "event_ids": [MINE] * (MOST_IDS + 1),
                "anonymous_ids": [],
            },
        ],
    )
    def test_what_a_stranger_wrote_is_no_request(self, extra):
        with pytest.raises(ValueError, match=r"\w"):
            request_in("f" * 32, extra)

    def test_many_numbers_make_several(self):
        ids = [f"{n:032x}" for n in range(1000)]
        made = list(make_requests(ids, [SOMEBODY], DAY))
        assert [len(r.event_ids) + len(r.anonymous_ids) for r in made] == [
            400,
            400,
            201,
        ]
        assert [i for r in made for i in r.event_ids] == ids
        assert all(len(request_event(r)) < 20_000 for r in made)

    def test_nothing_to_erase_makes_none(self):
        assert list(make_requests([], [], DAY)) == []
