"""llm: the thoughts of a model, which it shows only with the Responses API."""

import os
import tempfile

folder = tempfile.TemporaryDirectory()
os.environ["LLM_USER_PATH"] = folder.name

import llm  # noqa: E402
from trial import base_url, model, run  # noqa: E402

with open(os.path.join(folder.name, "extra-openai-models.yaml"), "w") as file:
    file.write(
        f"""\
- model_id: thinker
  model_name: {model}
  api_base: {base_url}
  responses: true
  reasoning: true
"""
    )


def thoughts(**options):
    # It sends no budget for them, so that a model that talks nonsense may end before its answer.
    response = llm.get_model("thinker").prompt("Hello!", reasoning_effort="low", max_tokens=2000, **options)
    events = list(response.stream_events())
    assert response.usage().details["output_tokens_details"]["reasoning_tokens"] > 0, response.usage()
    return [event.chunk for event in events if event.type == "reasoning"]


def whole():
    assert "".join(thoughts(stream=False))


def streamed():
    assert "".join(thoughts())


run(whole, streamed)
