"""Trains the byte-level BPE vocabulary and turns chats into tokens.

    python tokenizer.py       -> tokenizer.json

The pre-tokenizer is llama.cpp's "qwen2" (digits stand alone), without its Unicode normalisation, because llama.cpp does none.
"""

import json
from collections import Counter
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).parent
PATH = HERE / "tokenizer.json"
SIZE = 3072
RARE = 8  # a character that occurs less often stays bytes
END_OF_TEXT, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def build(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def texts(path: Path):
    with path.open(encoding="utf-8") as file:
        for line in file:
            item = json.loads(line)
            yield item["text"] if "text" in item else "\n".join(m["role"] + "\n" + m["content"] for m in item["messages"])


def load() -> Tokenizer:
    return Tokenizer.from_file(str(PATH))


def encode_sample(tokenizer: Tokenizer, item: dict) -> tuple[list[int], list[int]]:
    """Tokens and, for each, 1 where the model must learn to write it."""
    ids, mask = [], []

    def add(new: list[int], learn: int) -> None:
        ids.extend(new)
        mask.extend([learn] * len(new))

    start, end, eot = (tokenizer.token_to_id(t) for t in (START, END, END_OF_TEXT))
    if "text" in item:
        add(tokenizer.encode(item["text"]).ids + [eot], 1)
        return ids, mask
    for message in item["messages"]:
        learn = int(message["role"] == "assistant")
        add([start], 0)
        add(tokenizer.encode(message["role"] + "\n").ids, 0)
        add(tokenizer.encode(message["content"]).ids + [end], learn)
        add(tokenizer.encode("\n").ids, 0)
    return ids[:-1], mask[:-1]


def byte_letters() -> dict[int, str]:
    """GPT-2's letter for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {b: chr(b) for b in plain}
    for i, b in enumerate(b for b in range(256) if b not in table):
        table[b] = chr(256 + i)
    return table


def main() -> None:
    """Frequent characters beyond ASCII become whole tokens first, then pairs of characters are merged as usual.

    So no token but the single bytes and their prefixes holds a part of a character of the training text."""
    letters = byte_letters()
    counts = Counter(ch for text in texts(HERE / "data" / "train.jsonl") for ch in text if ord(ch) > 127)
    whole = sorted(ch for ch, n in counts.items() if n >= RARE)
    spell = lambda text: "".join(letters[b] for b in text.encode())  # noqa: E731

    vocabulary = [END_OF_TEXT, START, END, *(letters[b] for b in range(256))]
    merges: list[tuple[str, str]] = []

    def merge(left: str, right: str) -> None:
        if left + right not in vocabulary:
            vocabulary.append(left + right)
            merges.append((left, right))

    for ch in whole:
        parts = [letters[b] for b in ch.encode()]
        joined = parts[0]
        for part in parts[1:]:
            merge(joined, part)
            joined += part

    # Learn the rest on text whose pieces are ASCII bytes and whole characters.
    stand_in = {ch: ch for ch in whole} | {chr(b): letters[b] for b in range(128)}
    split = pre_tokenizers.Split(Regex(SPLIT), behavior="isolated")
    pieces = Counter()
    for text in texts(HERE / "data" / "train.jsonl"):
        pieces.update(piece for piece, _ in split.pre_tokenize_str(text))
    mapped: Counter[str] = Counter()
    for piece, n in pieces.items():
        mapped["".join(stand_in.get(ch, "\ue000") for ch in piece)] += n
    learner = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=len(set("".join(mapped))) + SIZE - len(vocabulary), max_token_length=10, show_progress=False, special_tokens=[]
    )
    learner.train_from_iterator((w for w, n in sorted(mapped.items()) for _ in range(n) if "\ue000" not in w), trainer)
    back = {v: k for k, v in stand_in.items()}
    plain = lambda token: spell("".join(back[ch] for ch in token))  # noqa: E731
    for left, right in json.loads(learner.to_str())["model"]["merges"]:
        if len(vocabulary) < SIZE:
            merge(plain(left), plain(right))

    tokenizer = build({token: i for i, token in enumerate(vocabulary)}, merges)
    tokenizer.add_special_tokens([END_OF_TEXT, START, END])
    tokenizer.save(str(PATH))
    print("vocabulary", tokenizer.get_vocab_size(), "whole characters", len(whole), "merges", len(merges))


if __name__ == "__main__":
    main()
