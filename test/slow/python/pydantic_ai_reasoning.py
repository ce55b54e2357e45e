"""pydantic-ai: the thoughts of a model, as parts of its message."""

import asyncio

from pydantic_ai import Agent
from pydantic_ai.messages import ThinkingPart
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from trial import NO_KEY, THOUGHTS, base_url, model, run

agent = Agent(
    OpenAIChatModel(model, provider=OpenAIProvider(base_url=base_url, api_key=NO_KEY)),
    model_settings={"max_tokens": 30, "openai_reasoning_effort": "low", "extra_body": THOUGHTS},
)


def check(messages, text):
    thoughts = [part.content for part in messages[-1].parts if isinstance(part, ThinkingPart)]
    assert text and len(thoughts) == 1 and thoughts[0], messages


def whole():
    result = agent.run_sync("Hello!")
    check(result.all_messages(), result.output)


def streamed():
    async def stream():
        async with agent.run_stream("Hello!") as result:
            return await result.get_output(), result.all_messages()

    text, messages = asyncio.run(stream())
    check(messages, text)


run(whole, streamed)
