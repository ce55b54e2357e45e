"""pydantic-ai: agents, whose structured output is a forced call by default."""

import asyncio
from typing import Literal

from pydantic_ai import Agent, NativeOutput, UsageLimits
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings
from trial import CALLED, NO_KEY, PROMPT, SEED, WORDY, Report, Sum, base_url, is_mock, model, run

chat = OpenAIChatModel(model, provider=OpenAIProvider(base_url=base_url, api_key=NO_KEY))
settings = ModelSettings(seed=SEED, max_tokens=800, parallel_tool_calls=is_mock)
limits = UsageLimits(request_limit=4)
ran: list[tuple[str, dict[str, object]]] = []


def get_weather(city: Literal["Oslo", "Osaka", "Quito"]) -> str:
    """The weather in a city."""
    ran.append(("get_weather", {"city": city}))
    return "calm"


def add(a: int, b: int) -> int:
    """Adds two numbers."""
    ran.append(("add", {"a": a, "b": b}))
    return a + b


def agent(**options):
    return Agent(chat, model_settings=settings, **options)


def step(context):
    """First a model must call, then it must answer: left to itself, it may repeat calls until it is cut off."""
    if is_mock:
        return ModelSettings(max_tokens=100)
    if context.run_step == 1:
        return ModelSettings(max_tokens=300, tool_choice="required")
    return ModelSettings(max_tokens=24, tool_choice="none", extra_body=WORDY)


def check(output):
    assert output
    assert sorted(ran) == sorted(CALLED) if is_mock else len(ran) == 1, ran


def round_trip():
    ran.clear()
    answer = agent(tools=[get_weather, add]).run_sync(PROMPT, usage_limits=limits, model_settings=step)
    check(answer.output)


def streamed_round_trip():
    async def stream() -> None:
        ran.clear()
        async with agent(tools=[get_weather, add]).run_stream(PROMPT, usage_limits=limits, model_settings=step) as answer:
            check(await answer.get_output())

    asyncio.run(stream())


def forced_call():
    answer = agent(output_type=Sum).run_sync("Hello!", usage_limits=limits)
    assert isinstance(answer.output, Sum)


def structured_output():
    if is_mock:
        # Tools first, then the output, which is a call as well.
        ran.clear()
        answer = agent(output_type=Sum, tools=[get_weather]).run_sync('Call get_weather {"city": "Oslo"}')
        assert isinstance(answer.output, Sum) and ran == [("get_weather", {"city": "Oslo"})]
        return
    assert isinstance(agent(output_type=Report).run_sync("Write a report.").output, Report)
    assert isinstance(agent(output_type=NativeOutput(Report)).run_sync("Write a report.").output, Report)
    either = agent(output_type=[Sum, Report]).run_sync("Write a report.").output
    assert isinstance(either, Sum | Report)


run(round_trip, streamed_round_trip, forced_call, structured_output)
