"""anthropic: the thoughts of a model, as blocks of its message."""

from anthropic import Anthropic
from trial import NO_KEY, THOUGHTS, model, root_url, run

client = Anthropic(base_url=root_url, api_key=NO_KEY, max_retries=0)
HELLO = [{"role": "user", "content": "Hello!"}]
THINKING = {"type": "enabled", "budget_tokens": THOUGHTS["thinking_budget"]}
ASK = {"model": model, "max_tokens": 30, "messages": HELLO, "thinking": THINKING, "extra_body": {"ignore_eos": True}}


def blocks_of(message):
    assert [block.type for block in message.content] == ["thinking", "text"], message
    return message.content


def whole():
    thinking, text = blocks_of(client.messages.create(**ASK))
    assert thinking.thinking and text.text


def streamed():
    thought = ""
    with client.messages.stream(**ASK) as stream:
        for event in stream:
            if event.type == "thinking":
                thought += event.thinking
        message = stream.get_final_message()
    thinking, text = blocks_of(message)
    assert thought and thinking.thinking == thought and text.text, message


def turns():
    first = client.messages.create(**ASK)
    history = [*HELLO, {"role": "assistant", "content": blocks_of(first)}, {"role": "user", "content": "And again?"}]
    blocks_of(client.messages.create(**{**ASK, "messages": history}))


run(whole, streamed, turns)
