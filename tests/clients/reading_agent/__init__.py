"""An agent for Home Assistant's conversations that answers word by word, as language models do: twelve sentences in
five seconds, whatever it is asked."""

from __future__ import annotations

import asyncio

from homeassistant.components import conversation
from homeassistant.components.conversation.const import DATA_COMPONENT

ANSWER = " ".join(f"This is sentence number {number} of an answer." for number in range(1, 13))
SECONDS = 5.0  # that it writes


async def async_setup(hass, config) -> bool:
    await hass.data[DATA_COMPONENT].async_add_entities([ReadingAgent()])
    return True


class ReadingAgent(conversation.ConversationEntity):
    _attr_name = "Reading agent"
    _attr_supports_streaming = True

    @property
    def supported_languages(self) -> str:
        return "*"

    async def _async_handle_message(self, user_input, chat_log):
        async for _ in chat_log.async_add_delta_content_stream(self.entity_id, written()):
            pass
        return conversation.async_get_result_from_chat_log(user_input, chat_log)


async def written():
    """The answer as deltas."""
    words = ANSWER.split(" ")
    yield {"role": "assistant"}
    for word in words:
        await asyncio.sleep(SECONDS / len(words))
        yield {"content": f"{word} "}
