"""instructor: structured output by a forced call, its default mode, and by the other modes for OpenAI's API."""

import instructor
from openai import OpenAI
from pydantic import BaseModel, Field
from trial import NO_KEY, PROMPT, SEED, Report, Sum, base_url, is_mock, model, retried, run

openai = OpenAI(base_url=base_url, api_key=NO_KEY, max_retries=0)


class Sums(BaseModel):
    sums: list[Sum] = Field(min_length=1, max_length=3)


shape = Sum if is_mock else Report
request = {
    "model": model,
    "messages": [{"role": "user", "content": PROMPT if is_mock else "Write a report."}],
    "max_retries": 0,
    "seed": SEED,
}


def forced_call():
    client = instructor.from_openai(openai)
    assert isinstance(client.chat.completions.create(response_model=shape, **request), shape)


def streamed_call():
    client = instructor.from_openai(openai)
    # Strictly, instructor takes no enums and dates from partial objects, whoever serves them.
    *_, last = client.chat.completions.create_partial(response_model=shape, strict=False, **request)
    shape.model_validate(last.model_dump())


def several():
    client = instructor.from_openai(openai)
    if is_mock:
        asked = {"messages": [{"role": "user", "content": 'Call IterableSum {"tasks": [{"a": 1, "b": 2}]}'}]}
        sums = list(client.chat.completions.create_iterable(response_model=Sum, **{**request, **asked}))
    else:
        # Not create_iterable: its list has no bounds, and a small model may never end it.
        sums = client.chat.completions.create(response_model=Sums, **request).sums
    assert sums and all(isinstance(each, Sum) for each in sums), sums


def structured_output():
    if is_mock:
        return
    for mode in [instructor.Mode.TOOLS_STRICT, instructor.Mode.JSON_SCHEMA]:
        client = instructor.from_openai(openai, mode=mode)
        assert isinstance(client.chat.completions.create(response_model=shape, **request), shape), mode


def retries():
    client = instructor.from_openai(openai.with_options(max_retries=4))
    retried(lambda: client.chat.completions.create(response_model=shape, **request))


run(forced_call, streamed_call, several, structured_output, retries)
