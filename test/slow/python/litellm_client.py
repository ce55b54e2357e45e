"""litellm: completions of an OpenAI-compatible server, with tools and with a response format."""

import json
import os

# It would fetch a list of prices from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402
from trial import (  # noqa: E402
    CALLED,
    ENDLESS,
    LONGEST,
    NO_KEY,
    PROMPT,
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

litellm.suppress_debug_info = True


def complete(**parameters):
    common = {"model": f"openai/{model}", "api_base": base_url, "api_key": NO_KEY, "seed": SEED, "max_retries": 0}
    return litellm.completion(**{**common, **parameters})


def called(message):
    return [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]


def round_trip():
    choice = "auto" if is_mock else "required"
    messages = [{"role": "user", "content": PROMPT}]
    tools = {"tools": TOOLS, "parallel_tool_calls": is_mock}
    first = complete(messages=messages, tool_choice=choice, **tools).choices[0]
    assert first.finish_reason == "tool_calls", first
    assert called(first.message) == CALLED if is_mock else len(called(first.message)) == 1
    messages.append(first.message)
    for call in first.message.tool_calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "name": call.function.name, "content": "done"})
    short = {"tool_choice": "none", "max_tokens": 24, "extra_body": WORDY}
    last = complete(messages=messages, tools=TOOLS, **short).choices[0].message
    assert last.content and not last.tool_calls, last


def streamed_round_trip():
    choice = "auto" if is_mock else "required"
    messages = [{"role": "user", "content": PROMPT}]
    chunks = list(
        complete(messages=messages, tools=TOOLS, tool_choice=choice, parallel_tool_calls=is_mock, stream=True)
    )
    message = litellm.stream_chunk_builder(chunks, messages=messages).choices[0].message
    assert called(message) == CALLED if is_mock else len(called(message)) == 1


def forced_call():
    choice = {"type": "function", "function": {"name": "add"}}
    messages = [{"role": "user", "content": "Hello!"}]
    [(name, arguments)] = called(complete(messages=messages, tools=TOOLS, tool_choice=choice).choices[0].message)
    assert name == "add"
    Sum.model_validate(arguments)


def structured_output():
    if is_mock:
        answer = complete(messages=[{"role": "user", "content": "Hello!"}], response_format={"type": "json_object"})
        assert json.loads(answer.choices[0].message.content) == {"reply": "mock"}
        return
    answer = complete(messages=[{"role": "user", "content": "Write a report."}], response_format=Report)
    Report.model_validate_json(answer.choices[0].message.content)


def aborted():
    before = cancelled_when_idle()
    messages = [{"role": "user", "content": "Hello! " + "word " * 300}]
    with complete(messages=messages, max_tokens=LONGEST, stream=True, extra_body=ENDLESS) as stream:
        assert any(chunk.choices[0].delta.content for chunk in stream)
    assert cancelled_when_idle() == before + 1


def errors():
    # It is recognised, so that programs can try a model with a longer context.
    try:
        complete(messages=[{"role": "user", "content": "word " * 100_000}])
    except litellm.ContextWindowExceededError:
        return
    raise AssertionError("A prompt that is too long was not recognised.")


def retries():
    retried(lambda: complete(messages=[{"role": "user", "content": "Hello!"}], max_tokens=4, max_retries=4))


run(round_trip, streamed_round_trip, forced_call, structured_output, aborted, errors, retries)
