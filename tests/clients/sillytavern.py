"""SillyTavern, as it is published, speaks with a studio: `python -m tests.clients.sillytavern PORT FOLDER`.

FOLDER is where npm installed it. Its server runs, its page stands in a browser, and the page's own provider
"OpenAI Compatible" speaks through that server.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.clients.foreign import Foreign, free_port

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
READY = "() => window.SillyTavern && typeof SillyTavern.getContext === 'function'"
TOLD = """async ([endpoint, voice]) => {
  await import('/scripts/extensions/tts/index.js');
  const { OpenAICompatibleTtsProvider } = await import('/scripts/extensions/tts/openai-compatible.js');
  const provider = new OpenAICompatibleTtsProvider();
  await provider.loadSettings({ provider_endpoint: endpoint, available_voices: ['Ryan', 'nobody'], speed: 1.1 });
  const found = await provider.getVoice(voice);
  const answer = await provider.generateTts('*She smiles.* "Good morning!" The weather is good today.', found.voice_id);
  const sound = await new AudioContext().decodeAudioData(await answer.arrayBuffer());
  return { type: answer.headers.get('content-type'), seconds: sound.duration };
}"""


def main(port: int, folder: Path) -> None:
    own = free_port()
    with tempfile.TemporaryDirectory() as place:
        server = folder / "node_modules" / "sillytavern" / "server.js"
        said = ["--port", str(own), "--browserLaunchEnabled", "false"]
        kept = ["--configPath", f"{place}/config.yaml", "--dataRoot", f"{place}/data"]
        address = f"http://127.0.0.1:{own}/"
        with Foreign(["node", server, *said, *kept], address, Path(place)), sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(address)
            page.wait_for_function(READY, timeout=60_000)
            spoken(page, f"http://127.0.0.1:{port}/v1/audio/speech")
            browser.close()


def chromium() -> str | None:
    """The system's; None is the one that playwright brought."""
    return next((found for name in CHROMIUMS if (found := shutil.which(name))), None)


def spoken(page: Page, endpoint: str) -> None:
    told = page.evaluate(TOLD, [endpoint, "Ryan"])
    assert told["type"] == "audio/mpeg"
    assert 2 < told["seconds"] < 10, told
    print(f"ok its provider spoke {told['seconds']:.1f} s, decoded by the browser", flush=True)
    refused = page.evaluate(f"(given) => ({TOLD})(given).catch((error) => String(error))", [endpoint, "nobody"])
    assert "voice-not-found" in refused, refused
    print("ok an unknown voice is told with its reason", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
