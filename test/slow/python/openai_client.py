"""openai: what the other clients are built on."""

import json

from openai import BadRequestError, OpenAI
from trial import (
    CALLED,
    ENDLESS,
    LONG_CALL,
    LONGEST,
    NO_KEY,
    PROMPT,
    PUBLISH,
    SEED,
    TOOLS,
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


def called(message):
    return [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]


def create(**parameters):
    return client.chat.completions.create(model=model, seed=SEED, **parameters).choices[0]


def round_trip():
    choice = "auto" if is_mock else "required"
    messages = [{"role": "user", "content": PROMPT}]
    first = create(messages=messages, tools=TOOLS, tool_choice=choice, parallel_tool_calls=is_mock)
    assert first.finish_reason == "tool_calls", first
    assert called(first.message) == CALLED if is_mock else len(called(first.message)) == 1
    messages.append(first.message)
    for call in first.message.tool_calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "done"})
    short = {"tool_choice": "auto" if is_mock else "none", "max_tokens": 24, "extra_body": WORDY}
    second = create(messages=messages, tools=TOOLS, **short)
    assert second.message.content and not second.message.tool_calls, second


def streamed_round_trip():
    choice = "auto" if is_mock else "required"
    messages = [{"role": "user", "content": PROMPT}]
    parameters = {"model": model, "seed": SEED, "tools": TOOLS, "parallel_tool_calls": is_mock}
    with client.chat.completions.stream(**parameters, messages=messages, tool_choice=choice) as stream:
        message = stream.get_final_completion().choices[0].message
    assert called(message) == CALLED if is_mock else len(called(message)) == 1
    messages.append(message)
    for call in message.tool_calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": "done"})
    chunks = []
    for chunk in client.chat.completions.create(
        model=model, messages=messages, tools=TOOLS, tool_choice="none", max_tokens=24, stream=True
    ):
        chunks.append(chunk.choices[0])
    assert chunks[-1].finish_reason in ("stop", "length") and not any(chunk.delta.tool_calls for chunk in chunks)


def forced_call():
    choice = {"type": "function", "function": {"name": "add"}}
    first = create(messages=[{"role": "user", "content": "Hello!"}], tools=TOOLS, tool_choice=choice)
    [(name, arguments)] = called(first.message)
    assert name == "add"
    Sum.model_validate(arguments)


def structured_output():
    messages = [{"role": "user", "content": "Write a report."}]
    parse = client.chat.completions.parse
    if is_mock:
        try:
            parse(model=model, messages=messages, response_format=Report)
        except BadRequestError as error:
            assert "mock engine" in error.message
            return
        raise AssertionError("The mock followed a schema.")
    answer = parse(model=model, seed=SEED, messages=messages, response_format=Report)
    assert isinstance(answer.choices[0].message.parsed, Report), answer


def aborted():
    before = cancelled_when_idle()
    messages = [{"role": "user", "content": "Hello! " + "word " * 300}]
    chat = client.chat.completions
    stream = chat.create(model=model, messages=messages, max_tokens=LONGEST, stream=True, extra_body=ENDLESS)
    for chunk in stream:
        if chunk.choices[0].delta.content:
            stream.close()
            break
    assert cancelled_when_idle() == before + 1


def aborted_call():
    before = cancelled_when_idle()
    chat = client.chat.completions
    parameters = {"tools": [{"type": "function", "function": PUBLISH}], "tool_choice": "auto" if is_mock else "required"}
    messages = [{"role": "user", "content": LONG_CALL}]
    with chat.create(model=model, messages=messages, max_tokens=LONGEST, stream=True, **parameters) as stream:
        for chunk in stream:
            [call] = chunk.choices[0].delta.tool_calls or [None]
            if call and call.function.arguments:
                break
        else:
            raise AssertionError("There was no call.")
    assert cancelled_when_idle() == before + 1


def retries():
    chat = client.with_options(max_retries=4).chat.completions
    retried(lambda: chat.create(model=model, messages=[{"role": "user", "content": "Hello!"}], max_tokens=4))


run(round_trip, streamed_round_trip, forced_call, structured_output, aborted, aborted_call, retries)
