"""litellm: the thoughts of a model, in each of the three APIs."""

import os

# It would fetch a list of prices from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402
from trial import NO_KEY, THOUGHTS, base_url, model, root_url, run  # noqa: E402

litellm.suppress_debug_info = True
HELLO = [{"role": "user", "content": "Hello!"}]
# Without this, it asks for a whole response where it should stream one, and makes a stream of it that has no thoughts.
KNOWN = {"litellm_provider": "openai", "mode": "chat", "supports_native_streaming": True, "supports_reasoning": True}
litellm.register_model({model: KNOWN})
CHAT = {
    **{"model": f"openai/{model}", "api_base": base_url, "api_key": NO_KEY, "max_retries": 0, "messages": HELLO},
    **{"max_tokens": 30, "reasoning_effort": "low", "allowed_openai_params": ["reasoning_effort"], "extra_body": THOUGHTS},
}
RESPONSE = {
    **{"model": f"openai/{model}", "api_base": base_url, "api_key": NO_KEY, "input": "Hello!"},
    **{"max_output_tokens": 30, "reasoning": {"effort": "low"}, "extra_body": THOUGHTS},
}
MESSAGE = {
    **{"model": f"anthropic/{model}", "api_base": root_url, "api_key": NO_KEY, "max_retries": 0, "messages": HELLO},
    **{"max_tokens": 30, "ignore_eos": True},
    **{"thinking": {"type": "enabled", "budget_tokens": THOUGHTS["thinking_budget"]}},
    "allowed_openai_params": ["thinking"],
}


def check_whole(parameters):
    message = litellm.completion(**parameters).choices[0].message
    assert message.reasoning_content and message.content, message


def check_streamed(parameters):
    chunks = list(litellm.completion(**parameters, stream=True))
    message = litellm.stream_chunk_builder(chunks, messages=HELLO).choices[0].message
    assert message.reasoning_content and message.content, message


def chat_whole():
    check_whole(CHAT)


def chat_streamed():
    check_streamed(CHAT)


def thought_of(response):
    assert [item.type for item in response.output] == ["reasoning", "message"], response
    return response.output[0].content[0].text


def response_whole():
    assert thought_of(litellm.responses(**RESPONSE))


def response_streamed():
    events = list(litellm.responses(**RESPONSE, stream=True))
    thought = "".join(event.delta for event in events if event.type == "response.reasoning_text.delta")
    assert thought and thought == thought_of(events[-1].response), events


def messages_whole():
    check_whole(MESSAGE)


def messages_streamed():
    check_streamed(MESSAGE)


run(chat_whole, chat_streamed, response_whole, response_streamed, messages_whole, messages_streamed)
