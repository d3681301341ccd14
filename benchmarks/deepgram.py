"""Seconds from a Deepgram client's request to its first sound, and from its Clear to silence, with the preview engine.

`python -m benchmarks.deepgram [--times N]` starts a studio of its own. Clients: `deepgram-sdk` by socket and by REST,
`websocket-client` with the whole text and word by word, curl. Each time is another text of 2 000 characters.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from urllib.parse import urlencode

import websocket
from deepgram import DeepgramClient, DeepgramClientEnvironment
from deepgram.speak.v1.types import SpeakV1Text

from benchmarks.measuring import Spread, average
from benchmarks.soak.own_server import OwnServer

SENTENCE = "The old harbour of number {} was quiet when the last ferry came in, and nobody waited for it any more. "
CHARACTERS = 2000
WORDS_A_SECOND = 25.0  # about as fast as a small language model on a desktop writes
QUERY = {"model": "aura-2-orion-en", "encoding": "linear16", "sample_rate": "24000"}
SETTLING = 1.0  # seconds after a Clear in which anything that still comes is counted


def text_of(number: int) -> str:
    """2 000 characters that were not spoken before."""
    return "".join(SENTENCE.format(number * 100 + n) for n in range(30))[:CHARACTERS]


class Clients:
    """Each method speaks a text and leaves after the first sound: seconds to it."""

    def __init__(self, port: int) -> None:
        self._http, self._socket = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"
        environment = DeepgramClientEnvironment(
            base=self._http, production=self._socket, agent=self._socket, agent_rest=self._http
        )
        self._sdk = DeepgramClient(api_key="unused", environment=environment)

    def sdk_socket(self, text: str) -> float:
        with self._sdk.speak.v1.connect(model=QUERY["model"], encoding="linear16", sample_rate=24000) as talk:
            talk.recv()
            began = time.perf_counter()
            talk.send_text(SpeakV1Text(type="Speak", text=text))
            talk.send_flush()
            while not isinstance(talk.recv(), bytes):
                continue
            return time.perf_counter() - began

    def sdk_rest(self, text: str) -> float:
        began = time.perf_counter()
        sound = self._sdk.speak.v1.audio.generate(text=text, model=QUERY["model"], encoding="mp3")
        next(iter(sound))
        taken = time.perf_counter() - began
        sound.close()
        return taken

    def curl(self, text: str) -> float:
        """Starting the program counts, too."""
        command = ["curl", "-sN", "-H", "Content-Type: application/json", "-d", json.dumps({"text": text})]
        began = time.perf_counter()
        with subprocess.Popen(
            [*command, f"{self._http}/v1/speak?{urlencode(QUERY)}"], stdout=subprocess.PIPE
        ) as program:
            assert program.stdout is not None
            assert program.stdout.read(1), "no sound came"
            taken = time.perf_counter() - began
            program.kill()
        return taken

    def socket_whole(self, text: str) -> float:
        ws = self._connected()
        began = time.perf_counter()
        _say(ws, "Speak", text=text)
        _say(ws, "Flush")
        return _first_sound(ws, began)

    def socket_words(self, text: str) -> float:
        """At the pace of a language model, up to the first word of the second sentence."""
        ws = self._connected()
        began = time.perf_counter()
        for word in text.split(" ")[: len(SENTENCE.split()) + 1]:
            _say(ws, "Speak", text=f"{word} ")
            time.sleep(1 / WORDS_A_SECOND)
        return _first_sound(ws, began)

    def clear(self, text: str) -> tuple[float, float]:
        """Seconds from Clear to the last sound, and to the reply."""
        ws = self._connected()
        _say(ws, "Speak", text=text)
        _say(ws, "Flush")
        while not isinstance(ws.recv(), bytes):
            continue
        began = last = replied = time.perf_counter()
        _say(ws, "Clear")
        ws.settimeout(SETTLING)
        try:
            while True:
                if isinstance(ws.recv(), bytes):
                    last = time.perf_counter()
                else:
                    replied = time.perf_counter()
        except websocket.WebSocketTimeoutException:
            ws.close()
        return last - began, replied - began

    def _connected(self) -> websocket.WebSocket:
        ws = websocket.create_connection(f"{self._socket}/v1/speak?{urlencode(QUERY)}", timeout=20)
        ws.recv()
        return ws


def _first_sound(ws: websocket.WebSocket, began: float) -> float:
    while not isinstance(ws.recv(), bytes):
        continue
    taken = time.perf_counter() - began
    ws.close()
    return taken


def _say(ws: websocket.WebSocket, kind: str, **members: str) -> None:
    ws.send(json.dumps({"type": kind, **members}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder, OwnServer(Path(folder)) as server:
        clients = Clients(server.port)
        time.sleep(5)  # the lane loads the engine
        clients.socket_whole(text_of(0))
        print(f"load average {average()}")
        number = 0
        for name in ("sdk_socket", "sdk_rest", "socket_whole", "socket_words", "curl"):
            found = []
            for _ in range(times):
                number += 1
                found.append(getattr(clients, name)(text_of(number)))
                time.sleep(0.3)
            print(f"{name}: {Spread.of(found).text(3)} s to the first sound, {times} texts of {CHARACTERS} characters")
        cleared = [clients.clear(text_of(1000 + n)) for n in range(times)]
        print(f"clear: {Spread.of([one for one, _ in cleared]).text(4)} s to the last sound,", end=" ")
        print(f"{Spread.of([one for _, one in cleared]).text(4)} s to the reply")
    print(f"word by word the first sentence takes {len(SENTENCE.split()) / WORDS_A_SECOND:.2f} s to arrive")


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    main()
