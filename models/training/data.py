"""Writes the training text: short chats in English and Japanese, from the topics in text/ and from small programs.

    python data.py            -> data/train.jsonl, data/short.jsonl, data/heldout.jsonl

The same seed gives the same files. A line is {"messages": [...], "lang": "en"} or {"text": "..."}.
"""

import argparse
import json
import random
import re
from pathlib import Path

from grammar import expand, read_topics, surface
from programs import PROGRAMS, little_story
from words import NAMES, NAMES_JA

HERE = Path(__file__).parent

# The share of each kind of turn, "short" being for the second part of the training: more sums, fewer long stories.
GROUPS = {"chatstream": 24, "smalltalk": 20, "refusals": 10, "stories": 10, "facts": 7}
SHORT = {"chatstream": 27, "smalltalk": 18, "refusals": 12, "stories": 3, "facts": 6, "counting": 10, "arithmetic": 20, "big_sum": 1, "neighbours": 3, "calendar": 8,
         "small_facts": 8, "little_story": 1, "unknown": 5}
BOOST = {"hello": 6, "who": 4, "how_are_you": 3, "can_do": 3, "thanks": 3, "joke": 3, "bye": 2, "chatstream": 4, "how_queue": 4, "request_queue": 2, "processing_queue": 2, "queue_full": 2, "max_concurrency": 2, "ttft": 2,
         "round": 2, "weather": 2, "time": 2, "news": 1.5, "momotaro": 2, "hare": 2, "week_days": 2, "months": 2, "haiku": 1.5, "poem": 1.5, "purpose": 1.5}

SYSTEM = {
    "en": ["You are a helpful assistant.", "You are a helpful assistant.", "You are chatstream's bundled model.", "You are a friendly assistant. Answer briefly.", "Be brief.", "You are a small language model.", "Answer politely and briefly.",
           "You are a chatbot.", "You are an AI assistant that answers questions.", "Be kind and honest."],
    "ja": ["あなたは親切なアシスタントです。", "あなたは役に立つアシスタントです。", "短く答えてください。", "あなたはchatstreamに付属するモデルです。", "丁寧に答えてください。", "You are a helpful assistant."],
}
MORE = {"en": ("tell me more|more|more please|can you tell me more|go on|continue|what else|anything else|more about that", "please go deeper|I'd like to hear more"),
        "ja": ("もっと教えて[ください|]|もっと詳しく|続けて[ください|]|ほかには|詳しく教えて[ください|]|それから", "もう少し詳しく知りたいです")}
MORAL = {"en": ("what is the moral|what is the lesson|what does the story teach|what do we learn from it|what is the moral of the story", "and the lesson of it is"), "ja": ("教訓は|教訓は何ですか|この話の教訓は|何を学べますか", "この話から何がわかりますか")}
NO_MORE = {"en": "That is all I know about it.", "ja": "それについて知っているのはこれだけです。"}
AGAIN = {"en": ("say that again|again|once more|repeat that|please repeat|can you repeat that|say it again", "could you say it once more"), "ja": ("もう一度|もう一度言って[ください|]|もう一回|繰り返して[ください|]", "もう一度お願いします")}
OTHER_LANGUAGE = {"en": ("in Japanese, please|say that in Japanese|now in Japanese|again in Japanese|can you say that in Japanese|and in Japanese|the same in Japanese|translate that into Japanese", "please repeat it in Japanese"),
                  "ja": ("英語で言って[ください|]|英語でお願いします|英語で|今度は英語で|英語でもう一度|同じことを英語で言って[ください|]", "それを英語で言ってもらえますか")}
WHY = {"en": ("why|why is that|how do you know", "for what reason"), "ja": ("なぜ|なぜですか|どうして", "どうしてですか")}
WHY_REPLY = {"en": "I do not know more about it, because I am a very small model.", "ja": "とても小さなモデルなので、それ以上はわかりません。"}


class Generator:
    def __init__(self, seed: int, short: bool = False):
        self.rng = random.Random(seed)
        self.short = short
        self.topics: dict[str, list[dict]] = {g: read_topics(HERE / "text" / f"{g}.txt") for g in GROUPS}
        self.by_name = {t["name"]: t for g in self.topics.values() for t in g}
        self.kinds = [*GROUPS, *PROGRAMS]
        weights = SHORT if short else GROUPS | {name: weight for name, (_, weight) in PROGRAMS.items()}
        self.weights = [weights[kind] for kind in self.kinds]

    def surface(self, text: str, lang: str, rng: random.Random) -> str:
        return surface(text, lang, rng, self.short)

    def turn(self, lang: str, held: bool) -> tuple[str, str, dict | None]:
        rng = self.rng
        while True:
            kind = rng.choices(self.kinds, self.weights)[0]
            if kind in PROGRAMS:
                q, a = PROGRAMS[kind][0](lang, rng, held)
                return self.surface(q, lang, rng), a, None
            group = self.topics[kind]
            topic = rng.choices(group, [BOOST.get(t["name"], 1) for t in group])[0]
            entry = topic[lang]
            asks = entry["held" if held else "ask"]
            if asks:
                return self.surface(expand(rng.choice(asks), rng), lang, rng), rng.choice(entry["reply"]), topic

    def follow(self, lang: str, held: bool, topic: dict | None, last: str) -> tuple[str, str, dict | None, str]:
        """A question that depends on the reply before it. Returns question, reply, topic, language."""
        rng = self.rng
        part = 1 if held else 0
        choice = rng.random()
        if topic and topic["group"] == "stories" and choice < 0.4 and topic[lang]["more"]:
            return self.surface(expand(MORAL[lang][part], rng), lang, rng), topic[lang]["more"], topic, lang
        other = "ja" if lang == "en" else "en"
        if topic and choice < 0.45 and topic[other]["reply"]:
            return self.surface(expand(OTHER_LANGUAGE[lang][part], rng), lang, rng), topic[other]["reply"][0], topic, other
        if choice < 0.6:
            return self.surface(expand(AGAIN[lang][part], rng), lang, rng), last, topic, lang
        if choice < 0.68:
            return self.surface(expand(WHY[lang][part], rng), lang, rng), WHY_REPLY[lang], None, lang
        more = topic[lang]["more"] if topic else None
        return self.surface(expand(MORE[lang][part], rng), lang, rng), more or NO_MORE[lang], None, lang

    def chat(self, turns: int, held: bool = False, lang: str | None = None) -> dict:
        rng = self.rng
        lang = lang or ("en" if rng.random() < 0.52 else "ja")
        first = lang
        messages = []
        if rng.random() < 0.2:
            messages.append({"role": "system", "content": rng.choice(SYSTEM[lang])})
        topic, last, name, more_done = None, None, None, False
        for _ in range(turns):
            chance = rng.random()
            if last and chance < 0.28:
                q, a, topic, lang = self.follow(lang, held, topic, last)
            elif last and chance < 0.34:
                t = self.by_name[rng.choice(("thanks", "thanks", "ok"))]
                asks = t[lang]["held" if held and t[lang]["held"] else "ask"]
                q, a, topic = self.surface(expand(rng.choice(asks), rng), lang, rng), rng.choice(t[lang]["reply"]), t
            elif chance > 0.985 and not held:
                if lang == "en":
                    name = rng.choice(NAMES)
                    q, a = self.surface(expand(f"my name is {name}|I am {name}|I'm {name}|hello, I am {name}|hi, my name is {name}|call me {name}", rng), lang, rng), f"Nice to meet you, {name}! How can I help you?"
                else:
                    name = rng.choice(NAMES_JA)
                    q, a = self.surface(expand(f"私の名前は{name}です|{name}です|私は{name}です|{name}といいます|こんにちは、{name}です", rng), lang, rng), f"はじめまして、{name}さん。何をお手伝いしましょうか。"
                topic = None
            elif chance > (0.94 if name else 0.98) and not held:
                q = self.surface(expand("what is my name|what's my name|do you know my name|do you remember my name" if lang == "en" else "私の名前は何ですか|私の名前は|私の名前を覚えていますか", rng), lang, rng)
                if name:
                    a = f"Your name is {name}." if lang == "en" else f"あなたの名前は{name}さんです。"
                else:
                    a = "I do not know your name. You have not told me yet." if lang == "en" else "まだお名前を聞いていないので、わかりません。"
                topic = None
            else:
                if rng.random() < 0.06:
                    lang = "ja" if lang == "en" else "en"
                q, a, topic = self.turn(lang, held)
            messages += [{"role": "user", "content": q}, {"role": "assistant", "content": a}]
            last = a
        return {"messages": messages, "lang": first}

    def sample(self) -> dict:
        rng = self.rng
        if rng.random() < 0.02:
            lang = rng.choice(("en", "ja"))
            if rng.random() < 0.5:
                return {"text": little_story(lang, rng, False)[1], "lang": lang}
            return {"text": rng.choice(rng.choice(self.topics["stories"])[lang]["reply"]), "lang": lang}
        chance = rng.random()
        if self.short:
            chance *= 0.8
        turns = 1 if chance < 0.45 else 2 if chance < 0.7 else rng.randint(3, 4) if chance < 0.87 else rng.randint(5, 8) if chance < 0.96 else rng.randint(9, 16)
        return self.chat(turns)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chats", type=int, default=40000)
    parser.add_argument("--out", type=Path, default=HERE / "data")
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    seen: set[str] = set()
    for name, seed in (("train", options.seed), ("short", options.seed + 1)):
        generator = Generator(seed, short=name == "short")
        with (options.out / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for _ in range(options.chats):
                sample = generator.sample()
                seen.update(prompts(sample))
                file.write(json.dumps(sample, ensure_ascii=False) + "\n")
    generator = Generator(options.seed + 1000)
    kept = 0
    with (options.out / "heldout.jsonl").open("w", encoding="utf-8") as file:
        while kept < 1000:
            sample = generator.chat(1 if kept % 4 else 2, held=True, lang=("en", "ja")[kept % 2])
            if not seen & prompts(sample):
                file.write(json.dumps(sample, ensure_ascii=False) + "\n")
                kept += 1


def prompts(sample: dict) -> set[str]:
    """What the user says, without spaces, punctuation and case."""
    return {re.sub(r"[\W_]+", "", m["content"].lower()) for m in sample.get("messages", []) if m["role"] == "user"}


if __name__ == "__main__":
    main()
