"""llm: the command-line tool's library, with a model from extra-openai-models.yaml in a folder of its own."""

import gc
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
- model_id: other
  model_name: other
  api_base: {base_url}
"""
    )

chat = llm.get_model("chatstream")
short = {"max_tokens": 24, "seed": SEED}


def whole():
    response = chat.prompt("Hello!", stream=False, **short)
    assert response.text() and response.usage().output > 0, response


def streamed():
    pieces = list(chat.prompt("Hello!", **short))
    assert len(pieces) > 1 and "".join(pieces)
    said = CliRunner().invoke(cli, ["-m", "chatstream", "-o", "max_tokens", "24", "--no-log", "Hello!"])
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


def tools():
    ran = []

    def add(a: int, b: int) -> str:
        """Adds two numbers."""
        ran.append((a, b))
        return str(a + b)

    chain = chat.chain(PROMPT, tools=[add], options=short, stream=False)
    assert chain.text() or ran
    # A model is free to answer without a call.
    assert not is_mock or ran == [(1, 2)], ran


def turns():
    conversation = chat.conversation()
    first = conversation.prompt("Hello!", **short)
    first.text()
    second = conversation.prompt("And again?", **short)
    assert second.text() and second.usage().input > first.usage().input


def schemas():
    response = chat.prompt("Write a sum.", schema=Sum, stream=False, seed=SEED)
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


def retries():
    retried(lambda: chat.prompt("Hello!", stream=False, max_tokens=4).text())


run(whole, streamed, aborted, tools, turns, schemas, errors, retries)
