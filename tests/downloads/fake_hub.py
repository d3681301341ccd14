"""Hugging Face and ModelScope on 127.0.0.1, serving a folder, with faults by script.

    python tests/downloads/fake_hub.py --folder DIR --port N [--slow BYTES_PER_S]

The folder holds one folder per model, under the name of its repository without the owner; what is asked for under any
owner is looked up there. Both hubs answer on one address; large files of the first are redirected to a second address.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PIECE = 16 * 1024
SMALL = 4 * 1024
"""Files below that are no LFS files: told by git's sha1, sent without a redirect."""


@dataclass
class Fault:
    """One thing that goes wrong."""

    kind: str
    """fin, rst, stall, status, dns, norange, wrong-range, flip, length, gated."""
    at: int = 0
    """Offset in the file at which it strikes (fin, rst, stall, flip)."""
    path: str = ""
    """End of the paths it concerns; the whole path where it starts with a slash."""
    after: int = 0
    """How many others have to strike before."""
    hub: str = ""
    """hf or modelscope; both where empty."""
    times: int = 1
    """How often; -1 for ever."""
    status: int = 503
    retry_after: str = ""
    seconds: float = 60.0
    """Length of a stall."""
    bit: int = 0


@dataclass
class Seen:
    """One request that came."""

    method: str
    host: str
    path: str
    headers: dict[str, str]


class FakeHub:
    """To be used in a `with`."""

    def __init__(
        self, folder: Path, faults: list[Fault] | None = None, slow: float = 0.0, port: int = 0, listed: Any = None
    ) -> None:
        self.folder, self.faults, self.slow = folder, list(faults or []), slow
        self.listed: list[dict[str, Any]] = listed or []
        """Further rows of a listing, as ModelScope tells them."""
        self.page = 0
        """Rows on a page of Hugging Face's list; 0 is all on one."""
        self.sent_bytes = 0
        """Bytes of files."""
        self.sent: dict[str, int] = {}
        """The same by path."""
        self.struck: list[Fault] = []
        self.seen: list[Seen] = []
        self.guard = threading.Lock()
        self.closing = threading.Event()
        self._digests: dict[tuple[str, int], tuple[str, str]] = {}
        self._servers = [_Server(self, number) for number in (port, 0)]
        self.url, self.cdn_url = (f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers)

    def __enter__(self) -> FakeHub:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def fault(self, address: str, hub: str, *kinds: str, start: int = 0, end: int = 2**62) -> Fault | None:
        """The next one of these kinds that concerns the address and lies in the bytes asked for; it counts as used."""
        with self.guard:
            for fault in self.faults:
                fits = f"/{address}" == fault.path if fault.path.startswith("/") else address.endswith(fault.path)
                fits = fits and fault.hub in ("", hub) and start <= fault.at < end and len(self.struck) >= fault.after
                if fault.kind in kinds and fault.times and fits:
                    fault.times -= 1
                    self.struck.append(fault)
                    return fault
        return None

    def digests(self, path: Path) -> tuple[str, str]:
        """sha256 and git's sha1."""
        key = (str(path), path.stat().st_mtime_ns)
        if key not in self._digests:
            data = path.read_bytes()
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False)
            self._digests[key] = hashlib.sha256(data).hexdigest(), blob.hexdigest()
        return self._digests[key]

    def files(self, repo: str) -> dict[str, Path] | None:
        root = self.folder / repo.rpartition("/")[2]
        if not root.is_dir():
            return None
        return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, hub: FakeHub, port: int) -> None:
        self.hub = hub
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that left is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 256 * 1024)  # what is counted has nearly arrived
        super().setup()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
        """Quiet."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        hub = self.server.hub
        with hub.guard:
            hub.seen.append(Seen(self.command, self.headers["Host"], self.path, dict(self.headers.items())))
        address = unquote(urlsplit(self.path).path)
        query = parse_qs(urlsplit(self.path).query)
        parts = address.strip("/").split("/")
        if parts[:2] == ["api", "models"] and "tree" in parts:
            self.list_hf("/".join(parts[2:4]), int(query.get("page", ["0"])[0]))
        elif parts[:3] == ["api", "v1", "models"] and parts[5:] == ["repo", "files"]:
            self.list_ms("/".join(parts[3:5]))
        elif parts[:3] == ["api", "v1", "models"] and parts[5:] == ["repo"]:
            self.file("modelscope", "/".join(parts[3:5]), query["FilePath"][0])
        elif parts[0] == "cdn":
            self.file("cdn", "/".join(parts[1:3]), "/".join(parts[3:]))
        elif parts[2:4] == ["resolve", "main"]:
            self.file("hf", "/".join(parts[:2]), "/".join(parts[4:]))
        elif parts[0] == "direct":
            self.file("direct", parts[1], "/".join(parts[-1:]))
        else:
            self.answer(404, b"no such address")

    def list_hf(self, repo: str, page: int) -> None:
        hub = self.server.hub
        files = hub.files(repo)
        if self.refused("list", "hf") or files is None:
            return self.answer(404, b"{}") if files is None else None
        rows: list[dict[str, Any]] = [{"type": "directory", "path": "folder", "size": 0, "oid": "0" * 40}]
        rows += [{"type": "file", "path": row["Path"], "size": row["Size"], "oid": "1" * 40} for row in hub.listed]
        for name, path in files.items():
            sha256, sha1 = hub.digests(path)
            size = path.stat().st_size
            lfs = {"lfs": {"oid": sha256, "size": size, "pointerSize": 134}} if size >= SMALL else {}
            rows.append({"type": "file", "path": name, "size": size, "oid": sha1, **lfs})
        some = rows[page * hub.page : (page + 1) * hub.page] if hub.page else rows
        more = hub.page and (page + 1) * hub.page < len(rows)
        link = {"Link": f'<{hub.url}/api/models/{repo}/tree/main?page={page + 1}>; rel="next"'} if more else {}
        return self.answer(200, json.dumps(some).encode(), {"Content-Type": "application/json", **link})

    def list_ms(self, repo: str) -> None:
        hub = self.server.hub
        files = hub.files(repo)
        if self.refused("list", "modelscope") or files is None:
            return self.answer(404, b"{}") if files is None else None
        rows = [*hub.listed]
        for name, path in files.items():
            row = {"Name": path.name, "Path": name, "Type": "blob", "Revision": "master"}
            rows.append({**row, "Size": path.stat().st_size, "Sha256": hub.digests(path)[0], "IsLFS": True})
        body = {"Code": 200, "Success": True, "Message": "success", "Data": {"Files": rows}}
        return self.answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def refused(self, address: str, hub: str) -> bool:
        """Answer by a fault, if one waits."""
        fault = self.server.hub.fault(address, hub, "status", "gated", "dns")
        if fault is None:
            return False
        if fault.kind == "gated":
            self.answer(401, b"gated", {"X-Error-Code": "GatedRepo"})
        elif fault.kind == "dns":
            self.answer(302, b"", {"Location": "https://nobody.invalid/x"})
        else:
            self.answer(fault.status, b"busy", {"Retry-After": fault.retry_after} if fault.retry_after else {})
        return True

    def file(self, hub_name: str, repo: str, name: str) -> None:
        hub = self.server.hub
        path = (hub.files(repo) or {}).get(name)
        kind = {"cdn": "hf"}.get(hub_name, hub_name)
        if path is None:
            return self.answer(404, b"no such file")
        if hub_name != "cdn" and self.refused(name, kind):
            return None
        if hub_name == "hf" and path.stat().st_size >= SMALL:
            return self.answer(302, b"", {"Location": f"{hub.cdn_url}/cdn/{repo}/{name}?signed=1"})
        return self.send_file(kind, name, path)

    def send_file(self, kind: str, name: str, path: Path) -> None:
        hub, size = self.server.hub, path.stat().st_size
        start, status, headers = 0, 200, {"Accept-Ranges": "bytes", "ETag": f'"{hub.digests(path)[0]}"'}
        asked = self.headers.get("Range", "")
        if asked and not hub.fault(name, kind, "norange"):
            start, status = int(asked.removeprefix("bytes=").split("-")[0]), 206
            told = start + 7 if hub.fault(name, kind, "wrong-range") else start
            headers["Content-Range"] = f"bytes {told}-{size - 1}/{size}"
        lie = 1000 if hub.fault(name, kind, "length") else 0
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(size - start + lie)}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            self.send_body(kind, name, path, start)
        except OSError:
            self.close_connection = True

    def send_body(self, kind: str, name: str, path: Path, start: int) -> None:
        hub, size = self.server.hub, path.stat().st_size
        flip = hub.fault(name, kind, "flip", start=start, end=size)
        cut = hub.fault(name, kind, "fin", "rst", "stall", start=start, end=size)
        end = cut.at if cut else size
        with path.open("rb") as file:
            file.seek(start)
            while start < end and (piece := file.read(min(PIECE, end - start))):
                if flip and start <= flip.at < start + len(piece):
                    changed = bytearray(piece)
                    changed[flip.at - start] ^= 1 << flip.bit
                    piece = bytes(changed)
                start += len(piece)
                with hub.guard:  # before it is sent, so that whoever has it finds it counted
                    hub.sent_bytes += len(piece)
                    hub.sent[name] = hub.sent.get(name, 0) + len(piece)
                self.wfile.write(piece)
                if hub.slow:
                    time.sleep(len(piece) / hub.slow)
        if cut:
            self.cut(cut)

    def cut(self, fault: Fault) -> None:
        self.close_connection = True
        if fault.kind == "stall":
            self.server.hub.closing.wait(fault.seconds)
        elif fault.kind == "rst":
            time.sleep(0.02)  # what was sent is to arrive
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.request.close()

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path, required=True)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--slow", type=float, default=0.0, help="bytes per second")
    asked = arguments.parse_args()
    with FakeHub(asked.folder, slow=asked.slow, port=asked.port) as hub:
        print(f"HF_ENDPOINT={hub.url} MODELSCOPE_ENDPOINT={hub.url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
