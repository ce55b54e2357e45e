"""What the clients' scripts share: SCRIPT BASE_URL MODEL runs the checks and prints the name of each that passed."""

import json
import sys
import time
import urllib.request
from collections.abc import Callable
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


# It takes long to generate, whatever the model does.
ENDLESS = {"ignore_eos": True}


def cancelled_when_idle() -> int:
    """Waits until nothing runs; how many requests were cancelled since the start of the server."""
    deadline = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(f"{base_url}/queue") as response:
            queue = json.load(response)
        if not queue["running"] and not queue["waiting"]:
            return queue["totals"]["cancelled"]
        assert time.monotonic() < deadline, queue
        time.sleep(0.02)


def run(*checks: Callable[[], None]) -> None:
    for check in checks:
        check()
        print(check.__name__, flush=True)
