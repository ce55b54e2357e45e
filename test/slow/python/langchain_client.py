"""langchain-openai: ChatOpenAI with bound tools and with structured output."""

from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from trial import CALLED, NO_KEY, PROMPT, SEED, Mood, Report, Sum, base_url, is_mock, model, retried, run

chat = ChatOpenAI(base_url=base_url, api_key=NO_KEY, model=model, seed=SEED, max_retries=0)


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"The weather in {city} is {Mood.calm.value}."


@tool(args_schema=Sum)
def add(a: int, b: int) -> str:
    """Adds two numbers."""
    return str(a + b)


TOOLS = {"add": add, "get_weather": get_weather}


def answer_after(first, messages):
    assert not first.invalid_tool_calls, first
    if is_mock:
        assert [(call["name"], call["args"]) for call in first.tool_calls] == CALLED
    else:
        assert len(first.tool_calls) == 1, first
    results = [TOOLS[call["name"]].invoke(call) for call in first.tool_calls]
    assert all(isinstance(result, ToolMessage) for result in results)
    return [*messages, first, *results]


def calling():
    choice = "auto" if is_mock else "add"
    return chat.bind_tools(list(TOOLS.values()), tool_choice=choice)


def round_trip():
    messages = [HumanMessage(PROMPT)]
    history = answer_after(calling().invoke(messages), messages)
    last = chat.bind_tools(list(TOOLS.values()), tool_choice="none").invoke(history, max_tokens=24)
    assert last.response_metadata["finish_reason"] in ("stop", "length") and not last.tool_calls, last


def streamed_round_trip():
    messages = [HumanMessage(PROMPT)]
    first = None
    for chunk in calling().stream(messages):
        first = chunk if first is None else first + chunk
    history = answer_after(first, messages)
    streaming = chat.bind_tools(list(TOOLS.values()), tool_choice="none")
    assert not any(chunk.tool_call_chunks for chunk in streaming.stream(history, max_tokens=24))


def forced_call():
    first = chat.bind_tools(list(TOOLS.values()), tool_choice="any", parallel_tool_calls=False).invoke("Hello!")
    assert len(first.tool_calls) == 1, first


def structured_output():
    methods = ["function_calling"] if is_mock else ["json_schema", "function_calling"]
    for method in methods:
        shape = Sum if is_mock else Report
        answer = chat.with_structured_output(shape, method=method).invoke("Write a report.")
        assert isinstance(answer, shape), answer
    if is_mock:
        assert chat.with_structured_output(None, method="json_mode").invoke("Hello!") == {"reply": "mock"}


def errors():
    # It is recognised, so that programs can shorten the conversation.
    try:
        chat.invoke("word " * 100_000)
    except ContextOverflowError:
        return
    raise AssertionError("A prompt that is too long was not recognised.")


def retries():
    patient = ChatOpenAI(base_url=base_url, api_key=NO_KEY, model=model, max_tokens=4, max_retries=4)
    retried(lambda: patient.invoke("Hello!"))


run(round_trip, streamed_round_trip, forced_call, structured_output, errors, retries)
