"""openai: the thoughts of a model, in a chat and as items of a response."""

from openai import OpenAI
from trial import NO_KEY, THOUGHTS, base_url, model, run

client = OpenAI(base_url=base_url, api_key=NO_KEY, max_retries=0)
CHAT = {
    "model": model,
    "messages": [{"role": "user", "content": "Hello!"}],
    "max_tokens": 30,
    "reasoning_effort": "low",
    "extra_body": THOUGHTS,
}
RESPONSE = {
    "model": model,
    "input": "Hello!",
    "max_output_tokens": 30,
    "reasoning": {"effort": "low"},
    "extra_body": THOUGHTS,
}


def chat_whole():
    answer = client.chat.completions.create(**CHAT)
    message = answer.choices[0].message
    assert message.reasoning_content and message.content, message
    assert answer.usage.completion_tokens_details.reasoning_tokens > 10, answer.usage


def chat_streamed():
    deltas = [chunk.choices[0].delta for chunk in client.chat.completions.create(**CHAT, stream=True)]
    thoughts = [index for index, delta in enumerate(deltas) if getattr(delta, "reasoning_content", None)]
    texts = [index for index, delta in enumerate(deltas) if delta.content]
    assert thoughts and texts and thoughts[-1] < texts[0], deltas


def response_whole():
    response = client.responses.create(**RESPONSE)
    assert [item.type for item in response.output] == ["reasoning", "message"], response
    assert response.output[0].content[0].text and response.output_text, response
    assert response.usage.output_tokens_details.reasoning_tokens > 10, response.usage
    # The thoughts are kept with it.
    assert client.responses.retrieve(response.id).output[0] == response.output[0]


def response_streamed():
    events = list(client.responses.create(**RESPONSE, stream=True))
    thought = "".join(event.delta for event in events if event.type == "response.reasoning_text.delta")
    item = events[-1].response.output[0]
    assert thought and item.type == "reasoning" and item.content[0].text == thought, events[-1]


run(chat_whole, chat_streamed, response_whole, response_streamed)
