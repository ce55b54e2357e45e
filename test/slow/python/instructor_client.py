"""instructor: structured output by a forced call, its default mode, and by the other modes for OpenAI's API."""

import instructor
from openai import OpenAI
from trial import NO_KEY, PROMPT, SEED, Report, Sum, base_url, is_mock, model, run

openai = OpenAI(base_url=base_url, api_key=NO_KEY, max_retries=0)
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
    # A list of any length, which a small model may never end.
    sums = client.chat.completions.create_iterable(response_model=Sum, **{**request, "max_tokens": 200})
    assert all(isinstance(each, Sum) for each in sums)


def structured_output():
    if is_mock:
        return
    for mode in [instructor.Mode.TOOLS_STRICT, instructor.Mode.JSON_SCHEMA]:
        client = instructor.from_openai(openai, mode=mode)
        assert isinstance(client.chat.completions.create(response_model=shape, **request), shape), mode


run(forced_call, streamed_call, several, structured_output)
