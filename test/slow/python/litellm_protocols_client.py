"""litellm: OpenAI's Responses API, and Anthropic's Messages API."""

import asyncio
import json
import os

# It would fetch a list of prices from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from trial import (  # noqa: E402
    CALLED,
    ENDLESS,
    LONGEST,
    NO_KEY,
    PROMPT,
    TOOLS,
    WORDY,
    Mood,
    Report,
    base_url,
    cancelled_when_idle,
    is_mock,
    model,
    retried,
    root_url,
    run,
)

litellm.suppress_debug_info = True
HELLO = [{"role": "user", "content": "Hello!"}]
RESPONSES = {"model": f"openai/{model}", "api_base": base_url, "api_key": NO_KEY}
MESSAGES = {"model": f"anthropic/{model}", "api_base": root_url, "api_key": NO_KEY}

# Without this, it asks for a whole response where it should stream one, and makes a stream of it.
litellm.register_model({model: {"litellm_provider": "openai", "mode": "chat", "supports_native_streaming": True}})

# The functions themselves try again at once, whatever the server says.
router = litellm.Router(
    model_list=[
        {"model_name": "responses", "litellm_params": RESPONSES},
        {"model_name": "messages", "litellm_params": MESSAGES},
    ],
    num_retries=4,
)


class Weather(BaseModel):
    """Without bounds of numbers and texts, which are left out of what is sent to Anthropic's API."""

    mood: Mood
    windy: bool


def refused_by_mock(ask):
    """The mock follows no schema, and says so: it has arrived."""
    try:
        ask()
    except litellm.BadRequestError as error:
        assert "mock engine" in str(error), error
        return
    raise AssertionError("The mock followed a schema.")


def respond(**parameters):
    return litellm.responses(**{**RESPONSES, "max_output_tokens": 16, **parameters})


def message(**parameters):
    return litellm.completion(**{**MESSAGES, "max_retries": 0, "messages": HELLO, "max_tokens": 16, **parameters})


def text_of(response):
    [item] = [item for item in response.output if item.type == "message"]
    return item.content[0].text


def responses_whole():
    assert text_of(respond(input="Hello!", extra_body=WORDY))


def responses_streamed():
    events = list(respond(input="Hello!", stream=True, extra_body=WORDY))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text and text == text_of(events[-1].response), events


def responses_aborted():
    before = cancelled_when_idle()
    stream = respond(input="Hello!", stream=True, max_output_tokens=LONGEST, extra_body=ENDLESS)
    assert any(event.type == "response.output_text.delta" for event in stream)
    stream.close()
    assert cancelled_when_idle() == before + 1


def responses_tools():
    flat = [{"type": "function", **tool["function"]} for tool in TOOLS]
    choice = "auto" if is_mock else "required"
    parameters = {"tools": flat, "tool_choice": choice, "parallel_tool_calls": is_mock, "max_output_tokens": 300}
    first = respond(input=PROMPT, **parameters)
    calls = [item for item in first.output if item.type == "function_call"]
    called = [(call.name, json.loads(call.arguments)) for call in calls]
    assert called == CALLED if is_mock else len(called) == 1, first
    asked = [{"role": "user", "content": PROMPT}]
    for call in calls:
        common = {"call_id": call.call_id}
        asked.append({"type": "function_call", "name": call.name, "arguments": call.arguments, **common})
        asked.append({"type": "function_call_output", "output": "done", **common})
    assert text_of(respond(input=asked, tools=flat, tool_choice="none", extra_body=WORDY))


def responses_schemas():
    ask = {"input": "Write a report.", "max_output_tokens": 800, "text_format": Report}
    if is_mock:
        refused_by_mock(lambda: respond(**ask))
        return
    Report.model_validate_json(text_of(respond(**ask)))
    events = list(respond(**ask, stream=True))
    Report.model_validate_json(text_of(events[-1].response))


def responses_turns():
    first = respond(input="Hello!")
    second = respond(input="And again?", previous_response_id=first.id)
    assert second.usage.input_tokens > first.usage.total_tokens, second


def responses_retries():
    retried(lambda: asyncio.run(router.aresponses(model="responses", input="Hello!", max_output_tokens=4)))


def messages_whole():
    answer = message(**WORDY)
    assert answer.choices[0].message.content and answer.usage.completion_tokens > 0, answer


def messages_streamed():
    chunks = list(message(stream=True, stream_options={"include_usage": True}, **WORDY))
    answer = litellm.stream_chunk_builder(chunks, messages=HELLO)
    assert answer.choices[0].message.content and answer.choices[0].finish_reason in ("stop", "length"), answer


def messages_aborted():
    before = cancelled_when_idle()
    with message(stream=True, max_tokens=LONGEST, **ENDLESS) as stream:
        assert any(chunk.choices[0].delta.content for chunk in stream)
    assert cancelled_when_idle() == before + 1


def messages_tools():
    asked = [{"role": "user", "content": PROMPT}]
    choice = "auto" if is_mock else "required"
    parameters = {"tools": TOOLS, "tool_choice": choice, "parallel_tool_calls": is_mock, "max_tokens": 300}
    first = message(messages=asked, **parameters).choices[0]
    calls = first.message.tool_calls
    called = [(call.function.name, json.loads(call.function.arguments)) for call in calls]
    assert called == CALLED if is_mock else len(called) == 1, first
    asked.append(first.message)
    asked += [{"role": "tool", "tool_call_id": call.id, "content": "done"} for call in calls]
    assert message(messages=asked, tools=TOOLS, tool_choice="none", **WORDY).choices[0].message.content


def messages_schemas():
    ask = {"max_tokens": 300, "response_format": Weather}
    if is_mock:
        # A model that it does not know gets the schema as that of a tool, which the mock calls with what it likes.
        assert isinstance(json.loads(message(**ask).choices[0].message.content), dict)
        return
    Weather.model_validate_json(message(**ask).choices[0].message.content)
    answer = litellm.stream_chunk_builder(list(message(**ask, stream=True)), messages=HELLO)
    Weather.model_validate_json(answer.choices[0].message.content)


def messages_retries():
    retried(lambda: router.completion(model="messages", messages=HELLO, max_tokens=4))


def errors():
    for ask in (respond, message):
        try:
            ask(**({"input": "Hello!"} if ask is respond else {}), temperature=-1)
        except litellm.BadRequestError as error:
            assert "temperature" in str(error), error
        else:
            raise AssertionError(ask)
    # It is recognised, so that programs can try a model with a longer context.
    long = "word " * 100_000
    for ask in (lambda: respond(input=long), lambda: message(messages=[{"role": "user", "content": long}])):
        try:
            ask()
        except litellm.ContextWindowExceededError:
            continue
        raise AssertionError("A prompt that is too long was not recognised.")


run(
    responses_whole,
    responses_streamed,
    responses_aborted,
    responses_tools,
    responses_schemas,
    responses_turns,
    responses_retries,
    messages_whole,
    messages_streamed,
    messages_aborted,
    messages_tools,
    messages_schemas,
    messages_retries,
    errors,
)
