"""What the clients' scripts share: SCRIPT BASE_URL MODEL runs the checks and prints the name of each that passed."""

import json
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from enum import Enum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

base_url, model = sys.argv[1:3]

# What clients of Anthropic's API take for their base URL.
root_url = base_url.removesuffix("/v1")

# The mock calls what a message names and follows no schema; a model calls what it must, and is held to schemas.
is_mock = model == "mock"

NO_KEY = "none"
SEED = 7


class Mood(Enum):
    calm = "calm"
    stormy = "stormy"


class Place(BaseModel):
    name: str = Field(max_length=12)
    visited: bool = False


class Person(BaseModel):
    kind: Literal["person"]
    name: str = Field(pattern="^[A-Z][a-z]{1,8}$")


class Station(BaseModel):
    kind: Literal["station"]
    number: int = Field(gt=0, lt=100)


class Report(BaseModel):
    """A report on the weather."""

    title: str = Field(min_length=1, max_length=20)
    mood: Mood
    degrees: int = Field(ge=-40, le=50)
    day: date
    places: list[Place] = Field(min_length=1, max_length=2)
    note: Annotated[str, Field(max_length=12)] | None = None
    source: Person | Station


class Sum(BaseModel):
    """Adds two numbers."""

    a: int = Field(ge=0, le=99)
    b: int = Field(ge=0, le=99)


class Essay(BaseModel):
    """Takes a model long to write: seconds even the bundled one."""

    text: str = Field(min_length=9000, max_length=10_000)


# What every program that calls tools by hand writes.
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "enum": ["Oslo", "Osaka", "Quito"]}},
                "required": ["city"],
            },
        },
    },
    {
        "type": "function",
        "function": {"name": "add", "description": "Adds two numbers.", "parameters": Sum.model_json_schema()},
    },
]
PROMPT = 'First add {"a": 1, "b": 2}, then get_weather {"city": "Quito"}'
CALLED = [("add", {"a": 1, "b": 2}), ("get_weather", {"city": "Quito"})]

# Thoughts end when their budget is used up; without an end of its own, an answer follows.
THOUGHTS = {"thinking_budget": 12, "ignore_eos": True}

# It takes long to generate, whatever the model does: seconds even with the bundled one, which is the fastest.
ENDLESS = {"ignore_eos": True}

# For short answers that must have text: a model may end its answer before the first word.
WORDY = {} if is_mock else {"ignore_eos": True}
LONGEST = {"mock": 30_000, "bundled": 12_000}.get(model, 3000)

# A message and a tool for a call that takes as long: the mock writes what the message names, and a model what it must.
LONG_CALL = f'Call publish {{"text": "{"very " * 10_000}long"}}' if is_mock else "Hello!"
PUBLISH = {"name": "publish", "description": "Publishes an essay.", "parameters": Essay.model_json_schema()}


def sent(method: str, path: str, body: dict | None = None):
    """A request without any client; its response is still to be read."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    return urllib.request.urlopen(urllib.request.Request(base_url + path, data, headers, method=method))


def queue_once(condition: Callable[[dict], bool]) -> dict:
    """Waits until the queue is like this, and returns it."""
    deadline = time.monotonic() + 60
    while True:
        with sent("GET", "/queue") as response:
            queue = json.load(response)
        if condition(queue):
            return queue
        assert time.monotonic() < deadline, queue
        time.sleep(0.02)


def idle_queue() -> dict:
    return queue_once(lambda queue: not queue["running"] and not queue["waiting"])


def cancelled_when_idle() -> int:
    """Waits until nothing runs; how many requests were cancelled since the start of the server."""
    return idle_queue()["totals"]["cancelled"]


def retried(ask: Callable[[], object]) -> None:
    """
    Asks while an answer without end takes the only place, and frees it after the refusal. The client has to wait as long
    as `Retry-After` says, which is a second or more, and then gets its answer. On a busy machine, the place may still be
    taken when the client comes again.
    """
    before = idle_queue()
    limits = {name: before[name] for name in ("max_concurrency", "max_queue")}
    sent("PATCH", "/queue", {"max_concurrency": 1, "max_queue": 0}).close()
    endless = {"model": model, "prompt": "Hello!", "max_tokens": LONGEST, "stream": True, **ENDLESS}
    with sent("POST", "/completions", endless) as taken, ThreadPoolExecutor(1) as pool:
        taken.readline()
        begun = time.monotonic()
        asking = pool.submit(ask)
        refused = before["totals"]["refused"]
        queue_once(lambda queue: queue["totals"]["refused"] > refused or asking.done())
        taken.close()
        asking.result(timeout=120)
    waited = time.monotonic() - begun
    after = idle_queue()
    times = after["totals"]["refused"] - refused
    assert times >= 1 and waited >= times, (waited, after)
    sent("PATCH", "/queue", limits).close()


def run(*checks: Callable[[], None]) -> None:
    for check in checks:
        check()
        print(check.__name__, flush=True)
