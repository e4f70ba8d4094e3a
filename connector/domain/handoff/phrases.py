"""The word lists of each language, checked at start and compiled when first used.

What the lists are called and mean stands at the head of config/phrases/en.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA

from connector.domain.handoff.normalise import Words, fold, words
from connector.domain.handoff.patterns import Lexicon, PhraseError
from connector.domain.handoff.scan import Scanner

KEYS = (
    *(
        "action",
        "after",
        "want",
        "target",
        "somebody",
        "bare",
        "filler",
        "negation",
        "reported",
        "bot",
    ),
    *("owner", "private", "sure", "trade", "thing", "ask", "does", "calls", "ours", "refuse"),
    *("heads", "stems", "past", "like", "spelling", "marks", "follow", "tail"),
    *("identity", "needless", "lament", "request", "refusal"),
    *("legal", "justice", "pursue", "not_legal", "safety", "not_safety", "yes", "no", "offer"),
    *("stuck", "lost", "solved", "frustrated"),
)
MARKED = (
    *(
        "target",
        "trade",
        "somebody",
        "sure",
        "ask",
        "does",
        "calls",
        "bot",
        "refuse",
        "action",
        "after",
    ),
    *("filler", "owner", "private", "thing", "ours", "follow", "tail"),
)
PLEAS = ("want", "request", "bare", "refusal")
BLOCKERS = ("negation", "reported", "identity", "needless", "lament")
_SETS = ("marks", "like", "heads", "past")
_STEM = 9  # letters of the longest stem
_PERSONS = ("target", "trade", "somebody", "sure", "bot")
_EMPTY = Lexicon()
_SHORT = 4  # words: too few to tell the language by
_LONGEST = 24  # letters of a word that may be a typo or a compound of one of ours
_LONG = 10  # letters: two of them may be wrong
_KEPT = 256  # texts: a turn looks at the messages before it again
_MENDED = 8192  # words, a language
_MARK = 2  # what a mark of a language weighs; a word of any of its lists weighs 1
_CLOSE = 2  # less than the likeliest language has: may still be it


@dataclass(frozen=True)
class Language:
    """One language's lists."""

    name: str
    lexicons: Mapping[str, Lexicon] = field(default_factory=dict, repr=False)
    spelling: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    marks: frozenset[str] = frozenset()
    like: frozenset[str] = frozenset()  # words that only look like a typo of ours
    heads: frozenset[str] = frozenset()  # what a word written in one may end in
    past: frozenset[str] = frozenset()  # endings by which a verb tells of the past
    stems: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def requests(self) -> Scanner:
        """What may ask for a person."""
        return Scanner(self.lexicons, MARKED, PLEAS)

    @cached_property
    def blockers(self) -> Scanner:
        """What takes a request back: looked for only where there is one."""
        return Scanner(self.lexicons, (), BLOCKERS)

    def __getitem__(self, key: str) -> Lexicon:
        return self.lexicons.get(key, _EMPTY)

    @cached_property
    def typed(self) -> frozenset[str]:
        """The words whose typos are worth mending. Trades are many, and near to ordinary words."""
        keys = ("action", "after", *(key for key in _PERSONS if key != "trade"))
        return frozenset(w for k in keys for w in self[k].vocabulary if len(w) >= 4)

    @cached_property
    def _typed_by(self) -> Mapping[tuple[str, int], tuple[str, ...]]:
        """The same by initial and length."""
        found: dict[tuple[str, int], tuple[str, ...]] = {}
        for word in sorted(self.typed):
            key = (word[0], len(word))
            found[key] = (*found.get(key, ()), word)
        return found

    @cached_property
    def known(self) -> frozenset[str]:
        every = (lexicon.vocabulary for lexicon in self.lexicons.values())
        return frozenset().union(*every) | self.like | self.marks | set(self.spelling)

    @cached_property
    def _hot(self) -> frozenset[str]:
        """Words of which every request has one: its person, the bot, or a word of its phrase."""
        hot: set[str] = set()
        common = (self.marks, self["filler"].vocabulary)
        for key in (*_PERSONS, "bare", "request", "refusal"):
            for pattern in self[key].patterns:
                hot |= pattern.rarest(common, hot)
        return frozenset(hot)

    def cold(self, text: Words) -> bool:
        """Whether no word of the text can belong to a request for a person."""
        return self._hot.isdisjoint(text.words)

    def read(self, text: Words, mend: bool) -> Words:
        """The text with this language's short forms spelt out and typos mended."""
        if self._short.isdisjoint(text.words) and not (mend and self._strange(text)):
            return text
        found: list[str] = []
        clauses: list[int] = []
        for word, clause in zip(text.words, text.clauses, strict=True):
            for part in self.spelling.get(word) or (self._mend(word) if mend else (word,)):
                found.append(part)
                clauses.append(clause)
        return Words(tuple(found), tuple(clauses))

    @cached_property
    def _short(self) -> frozenset[str]:
        return frozenset(self.spelling)

    def _strange(self, text: Words) -> bool:
        return not self.known.issuperset(text.words)

    @cached_property
    def _mend(self) -> Callable[[str], tuple[str, ...]]:
        """Words come again: their typos are mended once."""
        return lru_cache(maxsize=_MENDED)(self._mended)

    def _mended(self, word: str) -> tuple[str, ...]:
        if len(word) < 4 or len(word) > _LONGEST or word in self.known or not word.isalpha():
            return (word,)
        near = self._head(word) or self._apart(word) or self._nearest(word)
        return near or self._form(word) or (word,)

    def _form(self, word: str) -> tuple[str, ...]:
        """The word of ours that this is a form of: "comunicadme" is "comunicar"."""
        if any(word.endswith(past) for past in self.past):
            return ()
        sizes = range(min(len(word), _STEM), 2, -1)
        return next((self.stems[word[:n]] for n in sizes if word[:n] in self.stems), ())

    def _head(self, word: str) -> tuple[str, ...]:
        """What a compound is at last: "reiseberaterin" is a "beraterin"."""
        heads = [head for head in self.heads if word.endswith(head) and word != head]
        return (max(heads, key=len),) if heads else ()

    def _apart(self, word: str) -> tuple[str, ...]:
        """Two words run together: "tocontact", "talkto"."""
        for cut in range(2, len(word) - 1):
            head, tail = word[:cut], word[cut:]
            one_of_ours = head in self.typed or tail in self.typed
            if one_of_ours and head in self.known and tail in self.known:
                return head, tail
        return ()

    def _nearest(self, word: str) -> tuple[str, ...]:
        best: tuple[int, str] = (9, "")
        for initial in {word[0], word[1]}:
            for length in range(max(len(word) - 2, 4), len(word) + 3):
                for ours in self._typed_by.get((initial, length), ()):
                    best = min(best, (_distance(word, ours), ours))
        return (best[1],) if best[0] < 9 else ()


def _distance(word: str, ours: str) -> int:
    """How far a typo is from a word of ours; 9 is too far. Short words must only be swapped."""
    allowed = 2 if len(ours) >= _LONG else 1
    if abs(len(ours) - len(word)) > allowed:
        return 9
    if len(ours) == 4 and sorted(set(word)) != sorted(set(ours)):
        return 9
    away = OSA.distance(word, ours, score_cutoff=allowed)
    return away if away <= allowed else 9


Reading = tuple[tuple[Language, Words], ...]
Weighed = tuple[tuple[int, int], ...]  # number of a language, weight


class Phrases:
    """All languages' lists. Several triggers read the same text, so the last few are kept."""

    def __init__(self, languages: Iterable[Language] = ()) -> None:
        self.languages = tuple(languages)
        self.read = lru_cache(maxsize=_KEPT)(self._read)
        self.first = lru_cache(maxsize=_KEPT)(self._first)

    @cached_property
    def _typical(self) -> Mapping[str, Weighed]:
        """How typical each word is of which languages."""
        found: dict[str, Weighed] = {}
        same: dict[Weighed, Weighed] = {}
        for number, language in enumerate(self.languages):
            for word in language.known | language.marks:
                weight = _MARK if word in language.marks else 1
                weights = (*found.get(word, ()), (number, weight))
                found[word] = same.setdefault(weights, weights)  # thousands are alike
        return found

    @staticmethod
    def from_lists(lists: Mapping[str, Mapping[str, Sequence[str]]]) -> Phrases:
        """Compile {"en": {"action": ["talk to", ...], ...}, ...}. Raise PhraseError."""
        return Phrases(_language(name, keys) for name, keys in lists.items())

    def _first(self, key: str, text: str) -> str:
        """The words of the first phrase of this list that the text has in any language, or ""."""
        for language, read in self.read(text):
            match = language[key].first(read)
            if match is not None:
                return match.words(read)
        return ""

    def _read(self, text: str, hint: str | None = None) -> Reading:
        """The text as each language that it may be in reads it, the likeliest first.

        `hint` is one for certain.
        """
        plain = words(text)
        hint = hint.partition("-")[0] if hint else None
        near = [0] * len(self.languages)  # how typical the words are of each
        for word in plain.words:
            for number, weight in self._typical.get(word, ()):
                near[number] += weight
        most = max(near, default=0)
        least = 0 if len(plain) <= _SHORT or most == 0 else max(1, most - _CLOSE)
        for x, mine in zip(self.languages, near, strict=True):
            if x.name == hint:  # another one must look likelier
                least = max(least, mine + 1)
        likely = sorted(zip(self.languages, near, strict=True), key=lambda one: -one[1])
        return tuple(
            (x, x.read(plain, mend=mine == most or x.name == hint))
            for x, mine in likely
            if mine >= least or x.name == hint
        )


def _language(name: str, keys: Mapping[str, Sequence[str]]) -> Language:
    unknown = set(keys) - set(KEYS)
    if unknown:
        raise PhraseError(f"{name}: no list is called {sorted(unknown)[0]!r}")
    sets = {k: frozenset(fold(w) for w in keys.get(k, ())) for k in _SETS}
    return Language(
        name,
        {k: Lexicon(v) for k, v in keys.items() if k not in ("spelling", "stems", *_SETS)},
        dict(_spelling(line) for line in keys.get("spelling", ())),
        stems=dict(_spelling(line) for line in keys.get("stems", ())),
        **sets,
    )


def _spelling(line: str) -> tuple[str, tuple[str, ...]]:
    short, equals, long = line.partition("=")
    if not equals or len(short.split()) != 1:
        raise PhraseError(f"{line!r}: write `short = the long form`")
    return fold(short.strip()), tuple(fold(long).split())
