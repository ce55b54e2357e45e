"""llm: the command-line tool's library, with models from extra-openai-models.yaml in a folder of its own."""

import gc
import json
import os
import tempfile

folder = tempfile.TemporaryDirectory()
os.environ["LLM_USER_PATH"] = folder.name

import llm  # noqa: E402
from click.testing import CliRunner  # noqa: E402
from llm.cli import cli  # noqa: E402
from trial import (  # noqa: E402
    LONG_CALL,
    LONGEST,
    PROMPT,
    SEED,
    Essay,
    Sum,
    base_url,
    cancelled_when_idle,
    idle_queue,
    is_mock,
    model,
    retried,
    run,
)

with open(os.path.join(folder.name, "extra-openai-models.yaml"), "w") as file:
    file.write(
        f"""\
- model_id: chatstream
  model_name: {model}
  api_base: {base_url}
  supports_tools: true
  supports_schema: true
- model_id: responses
  model_name: {model}
  api_base: {base_url}
  supports_tools: true
  supports_schema: true
  responses: true
- model_id: other
  model_name: other
  api_base: {base_url}
"""
    )

chat = llm.get_model("chatstream")
responses = llm.get_model("responses")


def short(asked):
    # It takes a seed for this API as well, and then cannot send it.
    return {"max_tokens": 24} if asked is responses else {"max_tokens": 24, "seed": SEED}


def whole(asked=chat):
    response = asked.prompt("Hello!", stream=False, **short(asked))
    assert response.text() and response.usage().output > 0, response


def streamed(asked=chat):
    pieces = list(asked.prompt("Hello!", **short(asked)))
    assert len(pieces) > 1 and "".join(pieces)
    said = CliRunner().invoke(cli, ["-m", asked.model_id, "-o", "max_tokens", "24", "--no-log", "Hello!"])
    assert said.exit_code == 0 and said.output.strip(), said


def aborted():
    before = cancelled_when_idle()

    def publish(text: str) -> str:
        return text

    # It has no parameter that makes any answer long.
    long = {"prompt": LONG_CALL, "tools": [publish]} if is_mock else {"prompt": "Write an essay.", "schema": Essay}
    events = chat.prompt(**long, max_tokens=LONGEST, seed=SEED).stream_events()
    next(events)
    events.close()
    # It does not close its connection, and leaves that to what collects the objects.
    gc.collect()
    assert cancelled_when_idle() == before + 1


def tools(asked=chat):
    ran = []

    def add(a: int, b: int) -> str:
        """Adds two numbers."""
        ran.append((a, b))
        return str(a + b)

    if is_mock:
        assert asked.chain(PROMPT, tools=[add], options=short(asked), stream=False).text() and ran == [(1, 2)], ran
        return
    # A model is free to answer without a call, or to repeat calls until it is cut off.
    limit = 100
    before = idle_queue()["tokens"]["output"]
    response = asked.prompt(PROMPT, tools=[add], stream=False, **{**short(asked), "max_tokens": limit})
    try:
        assert response.text() or response.tool_calls(), response
    except json.JSONDecodeError:
        # It reads no call that was cut off.
        assert idle_queue()["tokens"]["output"] - before == limit


def turns(asked=chat):
    conversation = asked.conversation()
    # Of a stream of the Responses API it takes the usage from a completed response only, not from an incomplete one.
    first = conversation.prompt("Hello!", stream=False, **short(asked))
    first.text()
    second = conversation.prompt("And again?", stream=False, **short(asked))
    assert second.text() and second.usage().input > first.usage().input


def schemas(asked=chat):
    response = asked.prompt("Write a sum.", schema=Sum, stream=False, **{**short(asked), "max_tokens": 300})
    if not is_mock:
        Sum.model_validate_json(response.text())
        return
    try:
        response.text()
    except Exception as error:
        assert "mock engine" in str(error), error
        return
    raise AssertionError("The mock followed a schema.")


def errors():
    try:
        llm.get_model("other").prompt("Hello!", stream=False).text()
    except Exception as error:
        assert model in str(error), error
        return
    raise AssertionError("A wrong model was served.")


def retries(asked=chat):
    retried(lambda: asked.prompt("Hello!", stream=False, max_tokens=4).text())


def responses_whole():
    whole(responses)


def responses_streamed():
    streamed(responses)


def responses_tools():
    tools(responses)


def responses_turns():
    turns(responses)


def responses_schemas():
    schemas(responses)


def responses_retries():
    retries(responses)


run(
    whole,
    streamed,
    aborted,
    tools,
    turns,
    schemas,
    errors,
    retries,
    responses_whole,
    responses_streamed,
    responses_tools,
    responses_turns,
    responses_schemas,
    responses_retries,
)
