"""litellm: OpenAI's Responses API, and Anthropic's Messages API."""

import json
import os

# It would fetch a list of prices from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402
from trial import CALLED, NO_KEY, PROMPT, TOOLS, base_url, is_mock, model, root_url, run  # noqa: E402

litellm.suppress_debug_info = True
HELLO = [{"role": "user", "content": "Hello!"}]


def respond(**parameters):
    common = {"model": f"openai/{model}", "api_base": base_url, "api_key": NO_KEY, "max_output_tokens": 16}
    return litellm.responses(**{**common, **parameters})


def message(**parameters):
    common = {"model": f"anthropic/{model}", "api_base": root_url, "api_key": NO_KEY, "max_retries": 0}
    return litellm.completion(**{**common, "messages": HELLO, "max_tokens": 16, **parameters})


def text_of(response):
    [item] = [item for item in response.output if item.type == "message"]
    return item.content[0].text


def responses_whole():
    assert text_of(respond(input="Hello!"))


def responses_streamed():
    events = list(respond(input="Hello!", stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text and text == text_of(events[-1].response), events


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
    assert text_of(respond(input=asked, tools=flat, tool_choice="none"))


def responses_turns():
    first = respond(input="Hello!")
    second = respond(input="And again?", previous_response_id=first.id)
    assert second.usage.input_tokens > first.usage.total_tokens, second


def messages_whole():
    answer = message()
    assert answer.choices[0].message.content and answer.usage.completion_tokens > 0, answer


def messages_streamed():
    chunks = list(message(stream=True, stream_options={"include_usage": True}))
    answer = litellm.stream_chunk_builder(chunks, messages=HELLO)
    assert answer.choices[0].message.content and answer.choices[0].finish_reason in ("stop", "length"), answer


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
    assert message(messages=asked, tools=TOOLS, tool_choice="none").choices[0].message.content


def errors():
    for ask in (respond, message):
        try:
            ask(**({"input": "Hello!"} if ask is respond else {}), temperature=3)
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
    responses_tools,
    responses_turns,
    messages_whole,
    messages_streamed,
    messages_tools,
    errors,
)
