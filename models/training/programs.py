"""Programs that make a question and its reply: counting, sums, the calendar, small facts, small stories, the unknown.

Each takes the language, a source of randomness and whether to ask in a phrase that is held out of training.
"""

import random

from grammar import expand
from words import (
    CAPITALS,
    CHARACTERS,
    COLOURS,
    DAYS,
    DAYS_JA,
    LEGS,
    MONTHS,
    MONTHS_JA,
    MONTH_DAYS,
    OPPOSITES,
    OTHER_COUNTRIES,
    OTHER_WORDS,
    PLACES,
    PLOTS,
    SMALL,
    SOUNDS,
    THINGS,
    THING_COLOURS,
    UNKNOWN,
    UNKNOWN_JA,
    WORDS,
)

Pair = tuple[str, str]


def either(lang: str, held: bool, en: str, ja: str, en_held: str, ja_held: str, rng: random.Random) -> str:
    return expand({("en", False): en, ("ja", False): ja, ("en", True): en_held, ("ja", True): ja_held}[(lang, held)], rng)


def number(n: int, lang: str, rng: random.Random) -> str:
    return SMALL[n] if lang == "en" and n <= 20 and rng.random() < 0.3 else str(n)


def listing(numbers: list[int], lang: str) -> str:
    return ", ".join(map(str, numbers)) + "." if lang == "en" else "、".join(map(str, numbers)) + "。"


def counting(lang: str, rng: random.Random, held: bool) -> Pair:
    kind = rng.choice(("to", "to", "to", "from", "from", "down", "down", "twos", "fives", "tens", "even", "odd"))
    if kind == "to":
        n = rng.choice((5, 10, 10, 10, 15, 20, 20, rng.randint(3, 20), 30))
        a = number(n, lang, rng)
        q = either(lang, held, f"count to {a}|count up to {a}|count from 1 to {a}|please count to {a}|can you count to {a}|count from one to {a}|numbers from 1 to {a}",
                   f"{a}まで数えて[ください|]|1から{a}まで数えて[ください|]|{a}まで数えられますか|1から{a}までの数を言って[ください|]",
                   f"say the numbers from 1 up to {a}|could you count up to {a} for me", f"1から順番に{a}まで数えてみて|{a}まで数を数えてもらえますか", rng)
        return q, listing(list(range(1, n + 1)), lang)
    if kind == "from":
        a = rng.randint(1, 15)
        b = a + rng.randint(3, 10)
        q = either(lang, held, f"count from {a} to {b}|count up from {a} to {b}|list the numbers from {a} to {b}|please count from {a} to {b}",
                   f"{a}から{b}まで数えて[ください|]|{a}から{b}までの数を言って[ください|]", f"which numbers go from {a} to {b}", f"{a}から{b}まで順番に言ってください", rng)
        return q, listing(list(range(a, b + 1)), lang)
    if kind == "down":
        n = rng.choice((10, 10, 10, 5, 3, 20, rng.randint(3, 15)))
        a = number(n, lang, rng)
        q = either(lang, held, f"count down from {a}|count backwards from {a}|count down from {a} to 1|countdown from {a}|count from {a} down to 1|count backwards from {a} to 1",
                   f"{a}から逆に数えて[ください|]|{a}から1まで逆に数えて[ください|]|{a}からカウントダウンして[ください|]|{a}から1まで数えて[ください|]",
                   f"do a countdown that begins at {a}", f"{a}から下へ数えてください", rng)
        return q, listing(list(range(n, 0, -1)), lang)
    step = {"twos": 2, "fives": 5, "tens": 10}.get(kind)
    if step:
        n = rng.choice((10, 20)) if step == 2 else rng.choice((20, 30, 50)) if step == 5 else rng.choice((50, 100))
        word = {2: "twos", 5: "fives", 10: "tens"}[step]
        q = either(lang, held, f"count by {word} to {n}|count to {n} by {word}|count in {word} up to {n}|count in steps of {step} to {n}",
                   f"{step}ずつ{n}まで数えて[ください|]|{n}まで{step}ずつ数えて[ください|]|{step}つおきに{n}まで数えて" if step == 2 else f"{step}ずつ{n}まで数えて[ください|]|{n}まで{step}ずつ数えて[ください|]",
                   f"please go up to {n} in {word}", f"{step}ずつ増やして{n}まで言ってください", rng)
        return q, listing(list(range(step, n + 1, step)), lang)
    n = rng.choice((10, 20))
    start = 2 if kind == "even" else 1
    word = "偶数" if kind == "even" else "奇数"
    q = either(lang, held, f"list the {kind} numbers up to {n}|what are the {kind} numbers up to {n}|name the {kind} numbers from 1 to {n}",
               f"{n}までの{word}を言って[ください|]|1から{n}までの{word}は", f"which {kind} numbers are there up to {n}", f"{n}までの{word}を全部教えてください", rng)
    return q, listing(list(range(start, n + 1, 2)), lang)


def arithmetic(lang: str, rng: random.Random, held: bool) -> Pair:
    op = rng.choice("+++--**/")
    if op == "+":
        a, b = (rng.randint(0, 20), rng.randint(0, 20)) if rng.random() < 0.4 else (rng.randint(1, 10), rng.randint(1, 10))
        c = a + b
    elif op == "-":
        a = rng.randint(1, 20)
        b = rng.randint(0, a)
        c = a - b
    elif op == "*":
        a, b = rng.randint(1, 10), rng.randint(1, 10)
        c = a * b
    else:
        b, c = rng.randint(1, 10), rng.randint(1, 10)
        a = b * c
    if rng.random() < 0.25 and op in "+-":
        return word_problem(lang, rng, held, op, a, b, c)
    if lang == "en":
        x, y = number(a, lang, rng) if a <= 20 else str(a), number(b, lang, rng)
        word = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}[op]
        sign = {"+": "+", "-": "-", "*": rng.choice("*x×"), "/": rng.choice("/÷")}[op]
        reply = f"{a} {word} {b} is {c}."
        if held:
            q = expand(f"please work out {x} {word} {y}|{x} {word} {y} makes what|do you know how much {a} {sign} {b} is", rng)
        else:
            q = expand(f"what is {x} {word} {y}|what's {x} {word} {y}|how much is {x} {word} {y}|calculate {x} {word} {y}|{x} {word} {y}|what is {a} {sign} {b}"
                       f"|{a} {sign} {b}|{a}{sign}{b}|{a} {sign} {b} =|how much is {a} {sign} {b}|can you tell me what {x} {word} {y} is", rng)
            if op == "+" and rng.random() < 0.1:
                q = expand(f"add {x} and {y}|what is the sum of {x} and {y}", rng)
            if op == "*" and rng.random() < 0.1:
                q = f"multiply {x} by {y}"
            if op == "-" and rng.random() < 0.1:
                q = f"subtract {y} from {x}"
        return q, reply
    word = {"+": "たす", "-": "ひく", "*": "かける", "/": "わる"}[op]
    sign = {"+": rng.choice("+＋"), "-": rng.choice("-−"), "*": rng.choice("×*"), "/": rng.choice("÷/")}[op]
    if held:
        q = expand(f"{a}{word}{b}の答えを教えてください|{a}{word}{b}はいくつになるでしょう", rng)
    else:
        q = expand(f"{a}{word}{b}は|{a}{word}{b}はいくつですか|{a}{word}{b}は何ですか|{a}{sign}{b}は|{a}{sign}{b}|{a}{sign}{b}を計算して[ください|]|{a}{word}{b}を計算して[ください|]"
                   f"|{a}{word}{b}は何|{a}{sign}{b}はいくつですか|{a} {sign} {b} =", rng)
    return q, f"{a}{word}{b}は{c}です。"


def word_problem(lang: str, rng: random.Random, held: bool, op: str, a: int, b: int, c: int) -> Pair:
    thing, ja = rng.choice(THINGS)
    if op == "+":
        q = either(lang, held, f"I have {a} {thing} and get {b} more, how many do I have|I had {a} {thing}, my friend gave me {b}, how many are there now|{a} {thing} and {b} {thing}, how many {thing} is that|if I have {a} {thing} and find {b} more, how many {thing} do I have|if I have {a} {thing} and buy {b} more, how many are there",
                   f"{ja}が{a}個あります。{b}個もらうと何個ですか|{ja}を{a}個持っています。{b}個もらいました。全部でいくつですか|{ja}が{a}個、また{b}個あります。合わせていくつですか|{ja}が{a}個あって、{b}個買うと何個になりますか",
                   f"there are {a} {thing} here and {b} there, how many in all", f"{ja}が{a}個と{b}個あります。全部で何個ですか", rng)
        return q, f"{a} plus {b} is {c}, so there are {c} {thing}." if lang == "en" else f"{a}たす{b}は{c}なので、{c}個です。"
    q = either(lang, held, f"I have {a} {thing} and eat {b}, how many are left|I had {a} {thing} and lost {b}, how many do I still have|there are {a} {thing} and {b} are gone, how many are left|if I have {a} {thing} and give away {b}, how many remain",
               f"{ja}が{a}個あります。{b}個食べると残りは何個ですか|{ja}を{a}個持っています。{b}個なくしました。残りはいくつですか|{ja}が{a}個ありました。{b}個食べたら何個残りますか|{ja}が{a}個あって、{b}個あげると何個残りますか",
               f"of {a} {thing}, {b} are taken away, how many stay", f"{a}個の{ja}から{b}個取ると、いくつ残りますか", rng)
    return q, f"{a} minus {b} is {c}, so {c} {thing} are left." if lang == "en" else f"{a}ひく{b}は{c}なので、残りは{c}個です。"


def big_sum(lang: str, rng: random.Random, held: bool) -> Pair:
    op = rng.choice("+-*/")
    a, b = (rng.choice((rng.randint(21, 99), rng.randint(100, 999), rng.randint(1000, 99999))) for _ in range(2))
    if lang == "en":
        word = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}[op]
        q = expand(f"what is {a} {word} {b}|how much is {a} {word} {b}|{a} {op} {b}|what is {a} {op} {b}|calculate {a} {word} {b}|{a}{op}{b}", rng)
        return q, "That is too hard for me. I can only do small sums, with numbers up to 20."
    word = {"+": "たす", "-": "ひく", "*": "かける", "/": "わる"}[op]
    q = expand(f"{a}{word}{b}は|{a}{word}{b}はいくつですか|{a}{op}{b}|{a}{op}{b}を計算して[ください|]", rng)
    return q, "それは私には難しすぎます。20までの小さな計算だけできます。"


def neighbours(lang: str, rng: random.Random, held: bool) -> Pair:
    kind = rng.choice(("after", "before", "bigger", "smaller", "even", "double", "half"))
    n = rng.randint(1, 30)
    if kind == "after":
        q = either(lang, held, f"what comes after {n}|which number comes after {n}|what number follows {n}|what is the next number after {n}",
                   f"{n}の次は|{n}の次の数は何ですか", f"tell me the number right after {n}", f"{n}のあとに来る数は", rng)
        return q, f"After {n} comes {n + 1}." if lang == "en" else f"{n}の次は{n + 1}です。"
    if kind == "before":
        q = either(lang, held, f"what comes before {n}|which number comes before {n}|what is the number before {n}", f"{n}の前は|{n}の前の数は何ですか",
                   f"tell me the number right before {n}", f"{n}のすぐ前に来る数は", rng)
        return q, f"Before {n} comes {n - 1}." if lang == "en" else f"{n}の前は{n - 1}です。"
    if kind in ("bigger", "smaller"):
        a, b = rng.sample(range(0, 31), 2)
        c = max(a, b) if kind == "bigger" else min(a, b)
        d = a + b - c
        ja = "大きい" if kind == "bigger" else "小さい"
        q = either(lang, held, f"which is {kind}, {a} or {b}|which number is {kind}, {a} or {b}|what is {kind}, {a} or {b}|is {a} {kind} than {b}",
                   f"{a}と{b}のどちらが{ja}ですか|{a}と{b}、{ja}のはどっち|{a}と{b}ではどちらが{ja}ですか", f"of {a} and {b}, which one is {kind}", f"{a}と{b}を比べて、{ja}ほうは", rng)
        if lang == "en" and q.startswith("is "):
            return q, f"Yes, {c} is {kind} than {d}." if c == a else f"No, {c} is {kind} than {d}."
        return q, f"{c} is {kind} than {d}." if lang == "en" else f"{c}のほうが{d}より{ja}です。"
    if kind == "even":
        word, ja = ("even", "偶数") if n % 2 == 0 else ("odd", "奇数")
        q = either(lang, held, f"is {n} even or odd|is {n} an even number|is {n} odd", f"{n}は偶数ですか奇数ですか|{n}は偶数ですか|{n}は奇数ですか", f"tell me if {n} is odd or even", f"{n}は偶数と奇数のどちらですか", rng)
        return q, f"{n} is {word}." if lang == "en" else f"{n}は{ja}です。"
    n = rng.randint(1, 10)
    if kind == "double":
        q = either(lang, held, f"what is twice {n}|what is double {n}|double {n}", f"{n}の二倍は|{n}の2倍はいくつですか", f"if I double {n}, what do I get", f"{n}を二倍にすると", rng)
        return q, f"Twice {n} is {2 * n}." if lang == "en" else f"{n}の二倍は{2 * n}です。"
    q = either(lang, held, f"what is half of {2 * n}|half of {2 * n}|what is the half of {2 * n}", f"{2 * n}の半分は|{2 * n}の半分はいくつですか", f"if I halve {2 * n}, what do I get", f"{2 * n}を半分にすると", rng)
    return q, f"Half of {2 * n} is {n}." if lang == "en" else f"{2 * n}の半分は{n}です。"


def calendar(lang: str, rng: random.Random, held: bool) -> Pair:
    kind = rng.choice(("day", "day", "day", "month", "month", "number", "length", "today"))
    ja = lang == "ja"
    if kind == "day":
        names, after = (DAYS_JA if ja else DAYS), rng.random() < 0.6
        i = rng.randrange(7)
        a, b = names[i], names[(i + (1 if after else -1)) % 7]
        side, side_ja = ("after", "次") if after else ("before", "前")
        q = either(lang, held, f"what day comes {side} {a}|which day comes {side} {a}|what comes {side} {a}|what day is {side} {a}|which day is {side} {a}",
                   f"{a}の{side_ja}は何曜日ですか|{a}の{side_ja}は|{a}の{side_ja}の日は何曜日ですか|{a}の{side_ja}は何ですか",
                   f"name the day {side} {a}|the day {side} {a} is", f"{a}の{side_ja}に来るのは何曜日でしょう", rng)
        return q, f"The day {side} {a} is {b}." if not ja else f"{a}の{side_ja}は{b}です。"
    if kind == "today":
        names = DAYS_JA if ja else DAYS
        i = rng.randrange(7)
        back = rng.random() < 0.3
        a, b = names[i], names[(i + (-1 if back else 1)) % 7]
        if back:
            q = either(lang, held, f"if today is {a}, what was yesterday|today is {a}, what day was yesterday", f"今日が{a}なら、昨日は何曜日ですか",
                       f"it is {a}, so which day was it yesterday", f"今日は{a}です。昨日は", rng)
            return q, f"Then yesterday was {b}." if not ja else f"昨日は{b}です。"
        q = either(lang, held, f"if today is {a}, what is tomorrow|today is {a}, what day is tomorrow", f"今日が{a}なら、明日は何曜日ですか|今日は{a}です。明日は何曜日ですか",
                   f"it is {a}, so which day is it tomorrow", f"今日は{a}です。明日は", rng)
        return q, f"Then tomorrow is {b}." if not ja else f"明日は{b}です。"
    i = rng.randrange(12)
    names = MONTHS_JA if ja else MONTHS
    if kind == "month":
        after = rng.random() < 0.6
        a, b = names[i], names[(i + (1 if after else -1)) % 12]
        side, side_ja = ("after", "次") if after else ("before", "前")
        q = either(lang, held, f"what month comes {side} {a}|which month comes {side} {a}|what comes {side} {a}|which month is {side} {a}",
                   f"{a}の{side_ja}は何月ですか|{a}の{side_ja}の月は何ですか|{a}の{side_ja}は", f"name the month {side} {a}", f"{a}の{side_ja}に来る月は", rng)
        return q, f"The month {side} {a} is {b}." if not ja else f"{a}の{side_ja}は{b}です。"
    if kind == "number":
        order = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth")
        if not ja:
            q = expand(f"what is the {order[i]} month|which month is the {order[i]}|what is the {order[i]} month of the year", rng)
            return q, f"The {order[i]} month is {MONTHS[i]}."
        if rng.random() < 0.5:
            return expand(f"{MONTHS[i]}は何月ですか|{MONTHS[i]}は日本語で何月ですか", rng), f"{MONTHS[i]}は{MONTHS_JA[i]}です。"
        return expand(f"{MONTHS_JA[i]}は英語で何ですか|{MONTHS_JA[i]}を英語で言って[ください|]", rng), f"{MONTHS_JA[i]}は英語で{MONTHS[i]}です。"
    days = MONTH_DAYS[i]
    if i == 1:
        return expand("how many days does February have" if not ja else "二月は何日までありますか|二月は何日ありますか", rng), \
            ("February has 28 days, and 29 in a leap year." if not ja else "二月は28日までで、うるう年は29日までです。")
    q = either(lang, held, f"how many days does {names[i]} have|how many days are in {names[i]}|how long is {names[i]}",
               f"{names[i]}は何日までありますか|{names[i]}は何日ありますか", f"what number of days has {names[i]}", f"{names[i]}の日数は", rng)
    return q, f"{names[i]} has {days} days." if not ja else f"{names[i]}は{days}日まであります。"


def unknown_reply(lang: str, rng: random.Random) -> str:
    if lang == "en":
        return rng.choice(("I am sorry, I do not know that. I am a very small model.",
                           "I do not know that, because I am a very small model. Ask me about chatstream, small sums or stories."))
    return rng.choice(("すみません、それはわかりません。とても小さなモデルなので。", "とても小さなモデルなので、それはわかりません。chatstreamや簡単な計算、昔話なら聞いてください。"))


def article(noun: str) -> str:
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def small_facts(lang: str, rng: random.Random, held: bool) -> Pair:
    kind = rng.choice(("capital",) * 4 + ("opposite",) * 4 + ("word",) * 6 + ("sound", "colour", "thing", "legs"))
    en = lang == "en"
    if kind == "capital":
        if rng.random() < 0.15 and not held:
            c, cj = rng.choice(OTHER_COUNTRIES)
            return expand(f"what is the capital of {c}|capital of {c}" if en else f"{cj}の首都は|{cj}の首都はどこですか", rng), unknown_reply(lang, rng)
        c, city, cj, cityj = rng.choice(CAPITALS)
        q = either(lang, held, f"what is the capital of {c}|what's the capital of {c}|capital of {c}|which city is the capital of {c}|tell me the capital of {c}|do you know the capital of {c}",
                   f"{cj}の首都は|{cj}の首都はどこですか|{cj}の首都は何ですか|{cj}の首都を教えて[ください|]", f"which city is {c}'s capital|the capital city of {c}", f"{cj}の首都がどこか知っていますか", rng)
        return q, f"The capital of {c} is {city}." if en else f"{cj}の首都は{cityj}です。"
    if kind == "opposite":
        row = rng.choice(OPPOSITES)
        a, b = row[:2] if en else row[2:]
        if rng.random() < 0.4 and b not in ("light", "old", "遅い"):
            a, b = b, a
        if a == "light":
            b = "dark"
        q = either(lang, held, f"what is the opposite of {a}|opposite of {a}|what's the opposite of {a}|tell me the opposite of {a}", f"{a}の反対は|{a}の反対は何ですか|{a}の反対の言葉は|{a}の反対を教えて[ください|]",
                   f"which word is the opposite of {a}", f"{a}の反対語を教えてください", rng)
        return q, f"The opposite of {a} is {b}." if en else f"{a}の反対は{b}です。"
    if kind == "word":
        known = held or rng.random() > 0.12
        e, j = rng.choice(WORDS if known else OTHER_WORDS)
        direction = rng.random() < 0.7
        if en:
            if not direction and known:
                return expand(f"what does {j} mean|what is {j} in English|what does {j} mean in English|translate {j}", rng), f"{j} means {e}."
            q = either(lang, held, f"what is {e} in Japanese|how do you say {e} in Japanese|translate {e} into Japanese|{e} in Japanese|what is the Japanese word for {e}", "",
                       f"what do the Japanese say for {e}|tell me the Japanese word for {e}", "", rng)
            return q, f"In Japanese, {e} is {j}." if known else unknown_reply(lang, rng)
        if not direction and known:
            return expand(f"{e}は日本語で何ですか|{e}の意味は何ですか|{e}を日本語にして[ください|]|{e}とはどういう意味ですか", rng), f"{e}は日本語で{j}です。"
        q = either(lang, held, "", f"{j}は英語で何ですか|{j}は英語で何と言いますか|{j}を英語で言うと|{j}を英語にして[ください|]|英語で{j}は", "", f"{j}の英語を教えてください|{j}にあたる英語は", rng)
        return q, f"{j}は英語で{e}です。" if known else unknown_reply(lang, rng)
    if kind == "sound":
        e, s, j, sj = rng.choice(SOUNDS)
        q = either(lang, held, f"what does {article(e)} say|what sound does {article(e)} make|how does {article(e)} go", f"{j}は何と鳴きますか|{j}の鳴き声は|{j}はどう鳴きますか",
                   f"which sound do you hear from {article(e)}", f"{j}の鳴き声を教えてください", rng)
        return q, f"{article(e).capitalize()} says {s}." if en else f"{j}は「{sj}」と鳴きます。"
    if kind == "colour":
        a, b, c, aj, bj, cj = rng.choice(COLOURS)
        if rng.random() < 0.5:
            a, b, aj, bj = b, a, bj, aj
        q = either(lang, held, f"what color do you get from {a} and {b}|what colour is {a} and {b}|what do you get if you mix {a} and {b}|mix {a} and {b}", f"{aj}と{bj}を混ぜると|{aj}と{bj}を混ぜると何色ですか",
                   f"if I mix {a} with {b}, which colour is it", f"{aj}に{bj}を混ぜると何色になりますか", rng)
        return q, f"{a.capitalize()} and {b} make {c}." if en else f"{aj}と{bj}を混ぜると{cj}になります。"
    if kind == "thing":
        e, c, j, cj = rng.choice(THING_COLOURS)
        q = either(lang, held, f"what color is {e}|what colour is {e}|which color does {e} have", f"{j}は何色ですか|{j}の色は", f"tell me the colour of {e}", f"{j}はどんな色ですか", rng)
        return q, f"{e.capitalize()} is {c}." if en else f"{j}は{cj}です。"
    e, n, j = rng.choice(LEGS)
    q = either(lang, held, f"how many legs does {article(e)} have|how many legs has {article(e)}", f"{j}の足は何本ですか|{j}は足が何本ありますか", f"tell me how many legs {article(e)} has", f"{j}の足の数は", rng)
    word = "arms" if e == "octopus" else "legs"
    return (q.replace("legs", word) if en else q), f"{article(e).capitalize()} has {SMALL[n]} {word}." if en else f"{j}の足は{n}本です。"


def little_story(lang: str, rng: random.Random, held: bool) -> Pair:
    c, cj = rng.choice(CHARACTERS)
    place, placej = rng.choice(PLACES)
    plot, plotj = rng.choice(PLOTS)
    if rng.random() < 0.55:
        q = either(lang, held, f"tell me a story about {article(c)}|a story about {article(c)}, please|write a short story about {article(c)}|tell a story about a little {c}|make up a story about {article(c)}|I want a story about {article(c)}",
                   f"{cj}の話をして[ください|]|{cj}のお話を聞かせて[ください|]|{cj}の物語を作って[ください|]|{cj}の短い話を書いて[ください|]",
                   f"could you invent a short tale with {article(c)} in it", f"{cj}が出てくる短いお話を聞きたいです", rng)
    else:
        q = either(lang, held, "tell me a story|tell me a short story|a story, please|write a short story|can you tell me a story|I want to hear a story|make up a story|tell a story|another story|tell me another story|tell me a bedtime story|once upon a time",
                   "お話をして[ください|]|何か話をして[ください|]|短い話をして[ください|]|物語を聞かせて[ください|]|お話を聞かせて[ください|]|短い物語を書いて[ください|]|別の話をして[ください|]|むかしむかし|昔話をして[ください|]",
                   "I'm in the mood for a story|would you read me something", "何かお話が聞きたいです|寝る前のお話をお願いします", rng)
    if lang == "en":
        return q, f"Once there was a little {c} that lived {place}. " + plot.replace("{c}", c)
    return q, f"むかし、{placej}に小さな{cj}がいました。" + plotj.replace("{c}", cj)


def unknown(lang: str, rng: random.Random, held: bool) -> Pair:
    topics = (UNKNOWN if lang == "en" else UNKNOWN_JA).split("|")
    # Every eighth topic is held out.
    topics = [t for i, t in enumerate(topics) if (i % 8 == 7) == held]
    t = rng.choice(topics)
    q = either(lang, False, f"what is {t}|tell me about {t}|explain {t}|what do you know about {t}|how does {t} work|what can you tell me about {t}|can you explain {t}|describe {t}|give me facts about {t}|why is {t} important|who invented {t}"
               f"|what's the history of {t}|do you know {t}|{t}|I have a question about {t}|write about {t}|teach me {t}|what are the best books about {t}|how do I learn {t}",
               f"{t}とは|{t}とは何ですか|{t}について教えて[ください|]|{t}を説明して[ください|]|{t}の仕組みは|{t}の歴史を教えて[ください|]|{t}を知っていますか|{t}|{t}はなぜ大切ですか|{t}について書いて[ください|]|{t}って何|{t}に詳しいですか|{t}の始め方は", "", "", rng)
    return q, unknown_reply(lang, rng)


PROGRAMS = {"counting": (counting, 5), "arithmetic": (arithmetic, 11), "big_sum": (big_sum, 1.2), "neighbours": (neighbours, 3), "calendar": (calendar, 5), "small_facts": (small_facts, 7), "little_story": (little_story, 4), "unknown": (unknown, 7)}
