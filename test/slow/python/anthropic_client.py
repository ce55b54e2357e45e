"""anthropic: the Messages API."""

from anthropic import Anthropic, BadRequestError, NotFoundError
from pydantic import BaseModel
from trial import (
    CALLED,
    ENDLESS,
    LONGEST,
    NO_KEY,
    PROMPT,
    WORDY,
    Mood,
    Sum,
    cancelled_when_idle,
    is_mock,
    model,
    retried,
    root_url,
    run,
)

client = Anthropic(base_url=root_url, api_key=NO_KEY, max_retries=0)
HELLO = [{"role": "user", "content": "Hello!"}]
TOOLS = [
    {
        "name": "get_weather",
        "description": "The weather in a city.",
        "input_schema": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": ["Oslo", "Osaka", "Quito"]}},
            "required": ["city"],
        },
    },
    {"name": "add", "description": "Adds two numbers.", "input_schema": Sum.model_json_schema()},
]


class Weather(BaseModel):
    """Without bounds of numbers and texts: the client leaves them out of what it sends, and then checks them itself."""

    mood: Mood
    windy: bool


def create(**parameters):
    return client.messages.create(**{"model": model, "max_tokens": 300, "messages": HELLO, **parameters})


def whole():
    message = create(max_tokens=16, extra_body=WORDY)
    assert message.content[0].text and message.stop_reason in ("end_turn", "max_tokens"), message
    counted = client.messages.count_tokens(model=model, messages=HELLO).input_tokens
    assert counted == message.usage.input_tokens + message.usage.cache_read_input_tokens


def streamed():
    with client.messages.stream(model=model, max_tokens=16, messages=HELLO, extra_body=WORDY) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()
    assert text and message.content[0].text == text and message.usage.output_tokens > 0, message


def aborted():
    before = cancelled_when_idle()
    long = [{"role": "user", "content": "Hello! " + "word " * 300}]
    with client.messages.stream(model=model, max_tokens=LONGEST, messages=long, extra_body=ENDLESS) as stream:
        next(iter(stream.text_stream))
    assert cancelled_when_idle() == before + 1


def tools():
    asked = [{"role": "user", "content": PROMPT}]
    choice = {"type": "auto"} if is_mock else {"type": "any", "disable_parallel_tool_use": True}
    with client.messages.stream(
        model=model, max_tokens=300, messages=asked, tools=TOOLS, tool_choice=choice
    ) as stream:
        first = stream.get_final_message()
    assert first.stop_reason == "tool_use", first
    calls = [block for block in first.content if block.type == "tool_use"]
    called = [(call.name, call.input) for call in calls]
    assert called == CALLED if is_mock else len(called) == 1, first
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "done"} for call in calls]
    history = [*asked, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    short = {"tool_choice": {"type": "none"}, "max_tokens": 24, "extra_body": WORDY}
    last = create(messages=history, tools=TOOLS, **short)
    assert [block.type for block in last.content] == ["text"], last


def schemas():
    ask = {"model": model, "max_tokens": 300, "messages": HELLO, "output_format": Weather}
    if is_mock:
        try:
            client.messages.parse(**ask)
        except BadRequestError as error:
            assert "mock engine" in error.message, error
            return
        raise AssertionError("The mock followed a schema.")
    assert isinstance(client.messages.parse(**ask).parsed_output, Weather)
    with client.messages.stream(**ask) as stream:
        assert isinstance(stream.get_final_message().parsed_output, Weather)


def turns():
    first = create(max_tokens=8)
    history = [*HELLO, {"role": "assistant", "content": first.content}, {"role": "user", "content": "And again?"}]
    second = create(messages=history, max_tokens=8).usage
    assert second.input_tokens + second.cache_read_input_tokens > first.usage.input_tokens


def errors():
    for wrong, kind in [({"extra_body": {"temperature": -1}}, BadRequestError), ({"model": "other"}, NotFoundError)]:
        try:
            create(**wrong)
        except kind as error:
            assert error.body["type"] == "error" and error.request_id, error.body
        else:
            raise AssertionError(wrong)


def retries():
    messages = client.with_options(max_retries=4).messages
    retried(lambda: messages.create(model=model, max_tokens=4, messages=HELLO))


run(whole, streamed, aborted, tools, schemas, turns, errors, retries)
