"""Writes data/token-check.json: strings with our tokens, for check-tokens.mjs to compare with llama.cpp's."""

import json
import random
from pathlib import Path

import tokenizer as tok

HERE = Path(__file__).parent
FIXED = [
    "", " ", "  ", "\n", "\n\n  \t x", "Hello, world!", "I'm you're we've they'll it's HE'LL don't", "12345 67,890 3.14", "a  b   c    d", "tab\tand\r\nCRLF\r\n\r\nend",
    "naïve café Ünïcödé Straße", "日本語の文章です。「こんにちは」、と言いました！", "カタカナ ﾊﾝｶｸ ひらがな 漢字 々〆〇", "鬱陶しい薔薇の檸檬", "😀😃 👩‍👩‍👧‍👦 🇯🇵 👍🏽 ❤️", "①②③ Ⅷ ½ ٣٤٥ 百二十三",
    "한국어 텍스트", "Привет, мир! Ελληνικά עברית العربية हिन्दी", "e\u0301 decomposed が が", "zero\u200bwidth\u00a0nbsp\u3000全角　空白", "curl http://127.0.0.1:8000/v1/chat/completions -d '{\"a\":[1,2]}'",
    "<html><b>x</b></html> && || != == => ::", "____---***###", "\x00\x01\x7f", "𠮷野家 𝒳𝒴 🜁", "ー〜…‥・", "a\u2028b\u2029c\x85d", "foo's 's 'S ’s", "100まで10ずつ数えて", "x\n\n\n日本\n y\n",
]


def main() -> None:
    rng = random.Random(5)
    tokenizer = tok.load()
    strings = list(FIXED)
    for name in ("train", "heldout"):
        lines = (HERE / "data" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        for line in rng.sample(lines, 300):
            item = json.loads(line)
            strings += [item["text"]] if "text" in item else [m["content"] for m in item["messages"]]
    blocks = [(32, 127), (0xA0, 0x24F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0x1F300, 0x1FAFF), (0x2000, 0x206F), (0x300, 0x36F), (9, 14), (0xFF00, 0xFFEF), (0x400, 0x4FF), (0x600, 0x6FF)]
    for _ in range(400):
        strings.append("".join(chr(rng.randint(*rng.choice(blocks))) for _ in range(rng.randint(1, 40))))
    rows = []
    for text in strings:
        ids = tokenizer.encode(text).ids
        assert tokenizer.decode(ids, skip_special_tokens=False) == text, repr(text)
        rows.append([text, ids])
    (HERE / "data" / "token-check.json").write_text(json.dumps(rows))
    print(len(rows), "strings, all decode to themselves")


if __name__ == "__main__":
    main()
