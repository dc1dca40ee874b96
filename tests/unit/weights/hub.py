"""A Hugging Face Hub of one repository on 127.0.0.1, whose connections break off when told to."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPOSITORY = "amibaid/action2sound"


class Hub:
    """files: by name, what the repository holds. breaks: by name, after how many bytes each of its next downloads ends.
    stalls: by name, after how many bytes nothing more comes. ranges: what was asked for, (name, first byte)."""

    def __init__(self, files: dict[str, bytes], licence: str | None = "cc-by-nc-4.0"):
        self.files, self.licence, self.commit = files, licence, "c0ffee" + "0" * 34
        self.breaks: dict[str, list[int]] = {}
        self.stalls: dict[str, int] = {}
        self.closing = threading.Event()
        self.ranges: list[tuple[str, int]] = []
        self.asked: list[str] = []
        self.endpoint = ""

    def about(self) -> dict:
        def entry(name: str, content: bytes) -> dict:
            lfs = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            return {"rfilename": name, "size": len(content), "lfs": None if name.endswith(".json") else lfs}

        siblings = [entry(name, content) for name, content in self.files.items()]
        card = {"license": self.licence} if self.licence else None
        return {"id": REPOSITORY, "sha": self.commit, "siblings": siblings, "cardData": card}

    @contextmanager
    def open(self):
        """Serve until the context ends; `endpoint` is the address."""
        handler = type("Handler", (_Handler,), {"hub": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.endpoint = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            self.closing.set()
            server.shutdown()
            server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_GET(self):
        path = self.path.split("?")[0]
        self.hub.asked.append(path)
        if found := re.fullmatch(f"/api/models/{REPOSITORY}/revision/(.+)", path):
            self._revision(found[1])
        elif found := re.fullmatch(f"/{REPOSITORY}/resolve/{self.hub.commit}/(.+)", path):
            self._answer(302, b"", {"Location": f"/store/{found[1]}"})  # as the Hub does with large files
        elif path.startswith("/store/"):
            self._send(Path(path).name)
        else:
            self._answer(404, b"", {"X-Error-Code": "RepoNotFound"})

    def _revision(self, name: str):
        if name in ("main", self.hub.commit):
            self._answer(200, json.dumps(self.hub.about()).encode(), {"Content-Type": "application/json"})
        else:
            self._answer(404, b"", {"X-Error-Code": "RevisionNotFound"})

    def _send(self, name: str):
        name = name.replace("%3D", "=")
        content = self.hub.files[name]
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        self.hub.ranges.append((name, first))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - first))
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        breaks = self.hub.breaks.get(name)
        last = first + breaks.pop(0) if breaks else self.hub.stalls.get(name, len(content))
        self.wfile.write(content[first:last])
        self.wfile.flush()
        if name in self.hub.stalls:
            self.hub.closing.wait(60)
        self.close_connection = True

    def _answer(self, code: int, body: bytes, headers: dict[str, str]):
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass
