"""A language model's server on this machine, which says what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CLEAN = "So we met at the station in Lyon at half past nine, and then walked to the river."


class Fake:
    """A server that speaks OpenAI's protocol as `says` tells it."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.says: Callable[[BaseHTTPRequestHandler, str], None] = lambda caller, said: tell(caller, CLEAN)
        self.models: object = {"data": [{"id": "text-embedding-nomic"}, {"id": "qwen3-4b"}]}
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.paths.append(self.path)
                send(self, json.dumps(fake.models).encode())

            def do_POST(self) -> None:
                fake.paths.append(self.path)
                fake.headers.append(dict(self.headers))
                fake.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                try:
                    fake.says(self, fake.asked[-1]["messages"][1]["content"])
                except OSError:
                    fake.gone.set()

            def log_message(self, *_: object) -> None:
                pass

        self.gone = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def send(caller: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    caller.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        caller.send_header(name.replace("_", "-"), value)
    caller.end_headers()
    caller.wfile.write(body)


def tell(caller: BaseHTTPRequestHandler, text: object, why: str = "stop") -> None:
    send(caller, json.dumps({"choices": [{"message": {"content": text}, "finish_reason": why}]}).encode())
