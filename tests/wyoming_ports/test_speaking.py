"""Text to speech over Wyoming, asked by the package of the people who made the protocol."""

from __future__ import annotations

from typing import Any

from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from backend.core.tables.languages import LANGUAGES
from backend.studio import Studio
from backend.wyoming_ports.ports import Port
from tests.wyoming_ports.conftest import ask, events_until, kinds, sound_of

RATE = 24_000
WHOLE = ["audio-start", "audio-chunk", "audio-stop"]


def spoken(port: Port, request: Synthesize) -> list[Event]:
    async def conversation(client: AsyncTcpClient) -> list[Event]:
        await client.write_event(request.event())
        return await events_until(client, "audio-stop")

    return ask(port, conversation)


def streamed(port: Port, pieces: list[str], voice: SynthesizeVoice | None = None) -> list[Event]:
    """As Home Assistant sends it: pieces, then the same text once more in one, for servers that know no pieces."""

    async def conversation(client: AsyncTcpClient) -> list[Event]:
        await client.write_event(SynthesizeStart(voice).event())
        for piece in pieces:
            await client.write_event(SynthesizeChunk(piece).event())
        await client.write_event(Synthesize("".join(pieces), voice).event())
        await client.write_event(SynthesizeStop().event())
        return await events_until(client, "synthesize-stopped")

    return ask(port, conversation)


def seconds(events: list[Event]) -> float:
    return len(sound_of(events)) / 2 / RATE


def lines(studio: Studio) -> list[tuple[str, str, str]]:
    """Voice, emotion and text of everything that was spoken, in order."""
    newest_first, _ = studio.takes.search(limit=50)
    return [(row["voice"], row["emotion"], row["text"]) for take in reversed(newest_first) for row in take["segments"]]


def test_the_port_says_who_can_speak_in_codes_of_languages(speaker: Port, personality: dict[str, Any]) -> None:
    async def conversation(client: AsyncTcpClient) -> Info:
        await client.write_event(Describe().event())
        return Info.from_event((await events_until(client, "info"))[-1])

    (program,) = ask(speaker, conversation).tts
    assert program.installed
    assert program.supports_synthesize_streaming
    voices = {voice.name: voice for voice in program.voices}
    assert voices.keys() >= {"anna", "Ryan", "Vivian", "Sohee"}
    assert voices["anna"].description == "Anna"
    assert voices["anna"].languages[0] == "en"
    assert [one.name for one in voices["anna"].speakers or []] == ["neutral", "happy"]
    assert all(voice.installed and set(voice.languages) == set(LANGUAGES) for voice in program.voices)


def test_a_text_comes_back_as_sound_of_one_format(speaker: Port) -> None:
    events = spoken(speaker, Synthesize("Good morning to everybody."))
    assert kinds(events) == WHOLE
    formats = {(each.data["rate"], each.data["width"], each.data["channels"]) for each in events[:-1]}
    assert formats == {(RATE, 2, 1)}
    assert seconds(events) > 0.5
    assert max(sound_of(events)) > 0


def test_a_saved_voice_speaks_in_the_emotion_named_as_its_speaker(
    speaker: Port, studio: Studio, personality: dict[str, Any]
) -> None:
    spoken(speaker, Synthesize("Good morning.", SynthesizeVoice(name="ANNA", speaker="happy")))
    assert lines(studio) == [("Anna", "happy", "Good morning.")]


def test_a_language_alone_finds_a_speaker_who_is_native_in_it(speaker: Port, studio: Studio) -> None:
    spoken(speaker, Synthesize("こんにちは。", SynthesizeVoice(language="ja")))
    assert lines(studio) == [("Ono Anna", "neutral", "こんにちは。")]


def test_tags_pauses_and_dialogue_work_in_the_text(speaker: Port, studio: Studio) -> None:
    text = "[happy] Hello. [pause 2s] [Vivian: sad] Goodbye."
    events = spoken(speaker, Synthesize(text, SynthesizeVoice(name="Ryan")))
    assert lines(studio) == [("Ryan", "happy", "Hello."), ("Vivian", "sad", "Goodbye.")]
    assert seconds(events) > 2.5


def test_a_text_in_pieces_is_one_stream_that_ends_once(speaker: Port) -> None:
    events = streamed(speaker, ["Good mor", "ning. How ", "are you", "? Fine", "."])
    assert kinds(events) == [*WHOLE, "synthesize-stopped"]
    assert seconds(events) > 1


def test_emotion_voice_and_pause_hold_over_the_pieces(speaker: Port, studio: Studio) -> None:
    text = "[sad] One is here. Two is here. [Vivian: happy] Three is here. Four is here. [pause 2s] Five."
    events = streamed(speaker, [f"{word} " for word in text.split(" ")], SynthesizeVoice(name="Ryan"))
    heard = lines(studio)
    assert " ".join(said for _, _, said in heard) == "One is here. Two is here. Three is here. Four is here. Five."
    assert {(voice, emotion) for voice, emotion, said in heard if said[0] in "OT" and "Three" not in said} == {
        ("Ryan", "sad")
    }
    assert {(voice, emotion) for voice, emotion, said in heard if said[0] in "F" or "Three" in said} == {
        ("Vivian", "happy")
    }
    assert seconds(events) > 4


def test_the_first_sentence_sounds_before_the_text_has_ended(speaker: Port) -> None:
    async def conversation(client: AsyncTcpClient) -> list[Event]:
        await client.write_event(SynthesizeStart().event())
        await client.write_event(SynthesizeChunk("This is the first sentence. And the sec").event())
        early = await events_until(client, "audio-chunk")
        await client.write_event(SynthesizeChunk("ond.").event())
        await client.write_event(SynthesizeStop().event())
        return early + await events_until(client, "synthesize-stopped")

    events = ask(speaker, conversation)
    assert kinds(events) == [*WHOLE, "synthesize-stopped"]
    assert seconds(events) > 1


def test_requests_of_one_connection_are_answered_in_order_and_a_ping_at_once(speaker: Port) -> None:
    async def conversation(client: AsyncTcpClient) -> list[Event]:
        await client.write_event(Synthesize("A first text that is rather long, so that it takes its time.").event())
        await client.write_event(Synthesize("Two.").event())
        await client.write_event(Ping("here").event())
        found = await events_until(client, "audio-stop")
        return found + await events_until(client, "audio-stop")

    events = ask(speaker, conversation)
    pongs = [event for event in events if Pong.is_type(event.type)]
    assert [Pong.from_event(event).text for event in pongs] == ["here"]
    assert kinds([event for event in events if event not in pongs]) == [*WHOLE, *WHOLE]
    assert events.index(pongs[0]) < events.index(next(event for event in events if event.type == "audio-stop"))


def test_a_voice_that_is_not_there_is_told_and_ends_the_waiting(speaker: Port) -> None:
    async def conversation(client: AsyncTcpClient) -> tuple[list[Event], list[Event], list[Event]]:
        nobody = SynthesizeVoice(name="Nobody")
        await client.write_event(Synthesize("Hello.", nobody).event())
        whole = await events_until(client, "audio-stop")
        await client.write_event(SynthesizeStart(nobody).event())
        await client.write_event(SynthesizeChunk("Hello.").event())
        await client.write_event(Synthesize("Hello.", nobody).event())
        await client.write_event(SynthesizeStop().event())
        pieces = await events_until(client, "synthesize-stopped")
        await client.write_event(Synthesize("Hello.").event())
        return whole, pieces, await events_until(client, "audio-stop")

    whole, pieces, good = ask(speaker, conversation)
    assert kinds(whole) == ["error", "audio-stop"]
    assert whole[0].data["code"] == "voice-not-found"
    assert "Ryan" in whole[0].data["text"]
    assert kinds(pieces) == ["error", "audio-stop", "synthesize-stopped"]
    assert kinds(good) == WHOLE


def test_a_text_that_says_nothing_is_told(speaker: Port) -> None:
    assert kinds(spoken(speaker, Synthesize(""))) == ["error", "audio-stop"]
    assert kinds(spoken(speaker, Synthesize("[happy]"))) == ["error", "audio-stop"]
    assert kinds(streamed(speaker, ["[happy] "])) == ["error", "audio-stop", "synthesize-stopped"]


def test_ssml_is_refused_by_name_and_never_spoken(speaker: Port, studio: Studio) -> None:
    events = spoken(speaker, Synthesize("<speak>Hi</speak>", text_format="ssml"))
    assert kinds(events) == ["error", "audio-stop"]
    assert lines(studio) == []
