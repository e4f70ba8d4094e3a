"""Many lists looked up in one text in one pass over its words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from connector.domain.handoff.normalise import Words
from connector.domain.handoff.patterns import Lexicon, Match, Pattern, end_of

Found = dict[str, list[Match]]


class Scanner:
    """`marked` lists say where their phrases stand; `sought` ones may refer to those."""

    def __init__(
        self, lists: Mapping[str, Lexicon], marked: Iterable[str], sought: Iterable[str]
    ) -> None:
        self.marked, self.sought = tuple(marked), tuple(sought)
        self._marked = _Starts({k: lists[k] for k in self.marked if k in lists})
        self._sought = _Starts({k: lists[k] for k in self.sought if k in lists})
        self._by_list = [
            (key, part[1:-1], pattern)
            for key in self.sought
            if key in lists
            for pattern in lists[key].by_list
            if isinstance(part := pattern.parts[0], str)
        ]

    def spans(self, text: Words) -> dict[str, dict[int, int]]:
        """By marked list: where phrases begin -> where the longest of them ends."""
        found: dict[str, dict[int, int]] = {key: {} for key in self.marked}
        for begin, word in enumerate(text.words):
            start = self._marked.at(word)
            if start is None:
                continue
            for key in start.single:
                found[key].setdefault(begin, begin + 1)
            for key, pattern in start.longer(text, begin):
                end = end_of(pattern, text, begin, {})
                if end is not None and end > found[key].get(begin, 0):
                    found[key][begin] = end
        return found

    def find(self, text: Words, spans: Mapping[str, Mapping[int, int]]) -> Found:
        """By sought list: where its phrases stand."""
        found: Found = {key: [] for key in self.sought}
        for begin, word in enumerate(text.words):
            start = self._sought.at(word)
            if start is None:
                continue
            for key, pattern in start.every(text, begin):
                end = end_of(pattern, text, begin, spans)
                if end is not None:
                    found[key].append(Match(begin, end, pattern))
        for key, name, pattern in self._by_list:
            for begin in spans.get(name, ()):
                end = end_of(pattern, text, begin, spans)
                if end is not None:
                    found[key].append(Match(begin, end, pattern))
        return found


class _Start:
    """What may begin with one word: most of it is ruled out by the word behind."""

    def __init__(self, phrases: Iterable[tuple[str, Pattern]]) -> None:
        singles: list[tuple[str, Pattern]] = []
        open_ended: list[tuple[str, Pattern]] = []
        second: dict[str, list[tuple[str, Pattern]]] = defaultdict(list)
        for key, pattern in phrases:
            if len(pattern.parts) == 1:
                singles.append((key, pattern))
            elif pattern.then is None:
                open_ended.append((key, pattern))
            for word in pattern.then or ():
                second[word].append((key, pattern))
        self.single = tuple(dict.fromkeys(key for key, _ in singles))
        self._singles, self._open = tuple(singles), tuple(open_ended)
        self._second = {word: (*found, *open_ended) for word, found in second.items()}

    def longer(self, text: Words, begin: int) -> Sequence[tuple[str, Pattern]]:
        """The phrases of several words that may stand here."""
        after = begin + 1
        if after >= len(text.words):
            return self._open
        return self._second.get(text.words[after], self._open)

    def every(self, text: Words, begin: int) -> Sequence[tuple[str, Pattern]]:
        more = self.longer(text, begin)
        return (*self._singles, *more) if self._singles else more


class _Starts:
    """What may begin with each word; put in order when the word first comes."""

    def __init__(self, lists: Mapping[str, Lexicon]) -> None:
        self._ordered: dict[str, _Start] = {}
        self._by_word: dict[str, list[tuple[str, Pattern]]] = defaultdict(list)
        for key, lexicon in lists.items():
            for word, patterns in lexicon.by_word.items():
                self._by_word[word] += [(key, pattern) for pattern in patterns]

    def at(self, word: str) -> _Start | None:
        start = self._ordered.get(word)
        if start is None and word in self._by_word:
            start = self._ordered[word] = _Start(self._by_word[word])
        return start
