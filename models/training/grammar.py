"""Reads the topic files, expands their alternatives, and varies a prompt as people do when they type.

Topic files: `== name`, then lines of
    E? J?  ways to ask (alternatives with |, [a|b] inside)     E~ J~  ways to ask that are held out of training
    E! J!  a reply (several lines: one is chosen)              E+ J+  the reply to "tell me more"
    E= J=  a term, asked for with the usual phrases            S= T=  the title of a story, in English and Japanese
"""

import random
from pathlib import Path

TERM = {
    "en": "what is {}|what is {}|what's {}|explain {}|please explain {}|tell me about {}|can you explain {}|what does {} mean"
    "|describe {}|define {}|{}|I don't understand {}|what do you mean by {}|can you tell me about {}|what exactly is {}|explain {} in one sentence|explain {} in simple words|explain {} briefly",
    "ja": "{}とは|{}とは何ですか|{}って何|{}って何ですか|{}について教えて|{}について教えてください|{}を説明して|{}を説明してください"
    "|{}の意味は|{}|{}は何ですか|{}がわかりません|{}とは何|{}を一言で説明して|{}を簡単に説明して",
}
TERM_HELD = {
    "en": "help me understand {}|could you tell me what {} is|give me a short explanation of {}|I'd like to know what {} is",
    "ja": "{}ってどういう意味ですか|{}を簡単に説明してくれますか|{}について知りたいです",
}
STORY = {
    "en": "tell me the story of {}|tell me {}|the story of {}|please tell the story of {}|do you know the story of {}|can you tell me the story of {}"
    "|I want to hear {}|{}|tell me about {}|what happens in {}|read me the story of {}",
    "ja": "{}の話をして|{}の話を聞かせて|{}の話をしてください|{}を教えて|{}を話して|{}|{}はどんな話ですか|{}のお話をしてください|{}について教えて"
    "|{}が聞きたいです|{}の物語を話してください",
}
STORY_HELD = {
    "en": "I would like to hear the tale of {}|how does the story of {} go|what is the story of {} about",
    "ja": "{}のあらすじを教えて|{}という昔話を知っていますか|{}はどういうお話でしたか",
}


def split_top(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for ch in text:
        depth += (ch == "[") - (ch == "]")
        if ch == "|" and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += ch
    return [*parts, current]


def expand(text: str, rng: random.Random) -> str:
    text = rng.choice(split_top(text))
    while "[" in text:
        end = text.index("]")
        start = text.rindex("[", 0, end)
        text = text[:start] + rng.choice(text[start + 1 : end].split("|")) + text[end + 1 :]
    return " ".join(text.split(" ")).replace("  ", " ").strip()


def read_topics(path: Path) -> list[dict]:
    topics: list[dict] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            topics.append({"name": line[3:].strip(), "group": path.stem})
            for lang in ("en", "ja"):
                topics[-1][lang] = {"ask": [], "held": [], "reply": [], "more": None, "story": False}
        elif line.strip():
            lang = "en" if line[0] in "ES" else "ja"
            kind, rest = line[1], line[2:].strip()
            entry = topics[-1][lang]
            if line[0] in "ST":
                entry["story"] = True
                for term in split_top(rest):
                    entry["ask"] += [p.replace("{}", term) for p in split_top(STORY[lang])]
                    entry["held"] += [p.replace("{}", term) for p in split_top(STORY_HELD[lang])]
            elif kind == "=":
                for term in split_top(rest):
                    entry["ask"] += [p.replace("{}", term) for p in split_top(TERM[lang])]
                    entry["held"] += [p.replace("{}", term) for p in split_top(TERM_HELD[lang])]
            elif kind == "?":
                # A phrase of one's own counts more than one made from a term.
                entry["ask"] += split_top(rest) * 3
            elif kind == "~":
                entry["held"] += split_top(rest) * 2
            elif kind == "!":
                entry["reply"].append(rest)
            elif kind == "+":
                entry["more"] = rest
    for topic in topics:
        for lang in ("en", "ja"):
            assert bool(topic[lang]["ask"]) == bool(topic[lang]["reply"]), topic["name"]
    return topics


QUESTION = ("what", "who", "how", "why", "when", "where", "which", "is", "are", "do", "does", "can", "could", "will", "may", "should", "must", "did")


ORDERS = ("tell", "explain", "count", "list", "name", "say", "write", "describe", "give", "show", "calculate", "translate", "define", "draw", "search", "make", "recite",
          "introduce", "sing", "order", "book", "send", "compose", "multiply", "add", "subtract", "teach", "read", "help")
ENDINGS = ("くれますか", "もらえますか", "くれませんか", "いただけますか", "ほしいです", "くれる", "もらえませんか", "みてください")


def polite(text: str, lang: str, rng: random.Random) -> str:
    """The same request in a more roundabout way."""
    if lang == "en":
        first = text.split(" ")[0].lower()
        if first in ORDERS and rng.random() < 0.35:
            lead = rng.choice(("could you ", "can you ", "could you please ", "please ", "would you ", "I'd like you to ", "I want you to ", "will you ", "can you please "))
            return lead + text + ("?" if lead.split(" ")[0] in ("could", "can", "would", "will") else "")
        if first in ("what", "how", "why", "when", "where", "which", "who", "what's") and rng.random() < 0.12:
            return rng.choice(("can you tell me, ", "do you know ", "tell me, ", "may I ask ", "I wonder, ", "I'd like to know: ", "could you tell me ", "one question: ")) + text
        return text
    bare = text.removesuffix("ください")
    if bare.endswith(("して", "教えて", "言って", "書いて", "数えて", "聞かせて", "話して", "作って", "詠んで", "並べて")) and rng.random() < 0.4:
        return rng.choice(("", "", "ちょっと", "よければ", "すみませんが、")) + bare + rng.choice(ENDINGS)
    if text.endswith("ですか") and rng.random() < 0.25:
        return text.removesuffix("ですか") + rng.choice(("でしょうか", "でしょう", "なのでしょうか", "なの", "か知りたいです", "か教えてください"))
    if text.endswith("ますか") and rng.random() < 0.15:
        return text + rng.choice(("ね", "、教えてください"))
    if text.endswith(("は", "とは")) and rng.random() < 0.12:
        return text + rng.choice(("何でしょうか", "何でしょう", "何なの", "何か教えてください"))
    return text


def surface(text: str, lang: str, rng: random.Random, roundabout: bool = True) -> str:
    if roundabout:
        text = polite(text, lang, rng)
    if lang == "en":
        words = text.split(" ")
        asks = words[0].lower().strip(",") in QUESTION or words[0].lower() in ("what's", "how's", "what're")
        if rng.random() < 0.03:
            k = rng.randrange(len(words))
            w = words[k]
            if len(w) > 4 and w.isalpha():
                i = rng.randrange(1, len(w) - 2)
                words[k] = w[:i] + w[i + 1] + w[i] + w[i + 2 :]
        text = " ".join(words)
        style = rng.random()
        if style < 0.68:
            text = text[0].upper() + text[1:]
        if text[-1] not in "?!.":
            if asks:
                text += "?" if rng.random() < 0.8 else ""
            elif style < 0.68 and rng.random() < 0.5:
                text += rng.choice((".", ".", "!"))
        if rng.random() < 0.08:
            text = rng.choice(("Hey, ", "Hi, ", "Hello! ", "OK, ", "So, ", "Please tell me: ", "Quick question: ", "And ", "Now ")) + text
        if rng.random() < 0.04:
            text += rng.choice((" Thanks!", " Please.", " please"))
        return text
    if text[-1] not in "。！？?!":
        chance = rng.random()
        if text.endswith(("か", "は", "何", "の", "って", "い")):
            text += "？" if chance < 0.45 else "?" if chance < 0.5 else "。" if chance < 0.6 and text.endswith("か") else ""
        elif chance < 0.35:
            text += "。"
        elif chance < 0.4:
            text += "！"
    if rng.random() < 0.08:
        text = rng.choice(("ねえ、", "あの、", "すみません、", "では、", "質問です。", "こんにちは。", "じゃあ、")) + text
    return text
