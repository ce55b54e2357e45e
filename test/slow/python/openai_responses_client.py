"""openai: the Responses API, with what the server keeps."""

import json

from openai import BadRequestError, NotFoundError, OpenAI
from trial import (
    CALLED,
    ENDLESS,
    LONGEST,
    NO_KEY,
    PROMPT,
    WORDY,
    Report,
    Sum,
    base_url,
    cancelled_when_idle,
    is_mock,
    model,
    retried,
    run,
)

client = OpenAI(base_url=base_url, api_key=NO_KEY, max_retries=0)
TOOLS = [
    {
        "type": "function",
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": ["Oslo", "Osaka", "Quito"]}},
            "required": ["city"],
        },
        "strict": False,
    },
    {"type": "function", "name": "add", "description": "Adds.", "parameters": Sum.model_json_schema(), "strict": False},
]


def create(**parameters):
    return client.responses.create(model=model, max_output_tokens=300, **parameters)


def whole():
    response = create(input="Hello!", extra_body={"max_output_tokens": 16, **WORDY})
    assert response.output_text and response.status in ("completed", "incomplete"), response
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


def streamed():
    events = list(create(input="Hello!", stream=True, extra_body={"max_output_tokens": 16, **WORDY}))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert events[-1].type in ("response.completed", "response.incomplete"), events[-1]
    assert text and text == events[-1].response.output_text, text


def aborted():
    before = cancelled_when_idle()
    stream = client.responses.create(
        model=model, input="Hello! " + "word " * 300, stream=True, max_output_tokens=LONGEST, extra_body=ENDLESS
    )
    for event in stream:
        if event.type == "response.output_text.delta":
            stream.close()
            break
    assert cancelled_when_idle() == before + 1


def tools():
    choice = "auto" if is_mock else "required"
    first = create(input=PROMPT, tools=TOOLS, tool_choice=choice, parallel_tool_calls=is_mock)
    calls = [item for item in first.output if item.type == "function_call"]
    called = [(call.name, json.loads(call.arguments)) for call in calls]
    assert called == CALLED if is_mock else len(called) == 1, first
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "done"} for call in calls]
    short = {"tools": TOOLS, "tool_choice": "none", "extra_body": {"max_output_tokens": 24, **WORDY}}
    last = create(input=results, previous_response_id=first.id, **short)
    assert last.output_text and last.previous_response_id == first.id, last


def schemas():
    ask = {"model": model, "input": "Write a report.", "max_output_tokens": 800, "text_format": Report}
    if is_mock:
        try:
            client.responses.parse(**ask)
        except BadRequestError as error:
            assert "mock engine" in error.message
            return
        raise AssertionError("The mock followed a schema.")
    assert isinstance(client.responses.parse(**ask).output_parsed, Report)


def turns():
    short = {"extra_body": {"max_output_tokens": 8}}
    first = create(input="Hello!", **short)
    second = create(input="And again?", previous_response_id=first.id, **short)
    assert second.usage.input_tokens > first.usage.total_tokens
    conversation = client.conversations.create()
    create(input="Hello!", conversation=conversation.id, **short)
    roles = [item.role for item in client.conversations.items.list(conversation.id, order="asc")]
    assert roles == ["user", "assistant"], roles
    client.responses.delete(first.id)
    try:
        client.responses.retrieve(first.id)
    except NotFoundError:
        return
    raise AssertionError("The response was not deleted.")


def retries():
    responses = client.with_options(max_retries=4).responses
    retried(lambda: responses.create(model=model, input="Hello!", extra_body={"max_output_tokens": 4}))


run(whole, streamed, aborted, tools, schemas, turns, retries)
