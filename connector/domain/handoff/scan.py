"""Many lists looked up in one text in one pass over its words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from connector.domain.handoff.normalise import Words
from connector.domain.handoff.patterns import Lexicon, Match, Pattern, end_of

Found = dict[str, list[Match]]
_Starts = dict[str, tuple[tuple[str, ...], tuple[tuple[str, Pattern], ...]]]


class Scanner:
    """`marked` lists say where their phrases stand; `sought` ones may refer to those."""

    def __init__(
        self, lists: Mapping[str, Lexicon], marked: Iterable[str], sought: Iterable[str]
    ) -> None:
        self.marked, self.sought = tuple(marked), tuple(sought)
        self._marked = _starts({k: lists[k] for k in self.marked if k in lists})
        self._sought = _starts({k: lists[k] for k in self.sought if k in lists})
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
            start = self._marked.get(word)
            if start is None:
                continue
            single, longer = start
            for key in single:
                found[key].setdefault(begin, begin + 1)
            for key, pattern in longer:
                end = _longer(pattern, text, begin, {})
                if end is not None and end > found[key].get(begin, 0):
                    found[key][begin] = end
        return found

    def find(self, text: Words, spans: Mapping[str, Mapping[int, int]]) -> Found:
        """By sought list: where its phrases stand."""
        found: Found = {key: [] for key in self.sought}
        for begin, word in enumerate(text.words):
            for key, pattern in self._sought.get(word, ((), ()))[1]:
                end = _longer(pattern, text, begin, spans)
                if end is not None:
                    found[key].append(Match(begin, end, pattern))
        for key, name, pattern in self._by_list:
            for begin in spans.get(name, ()):
                end = end_of(pattern, text, begin, spans)
                if end is not None:
                    found[key].append(Match(begin, end, pattern))
        return found


def _longer(
    pattern: Pattern, text: Words, begin: int, spans: Mapping[str, Mapping[int, int]]
) -> int | None:
    then, after = pattern.then, begin + 1
    if then is not None and (after >= len(text.words) or text.words[after] not in then):
        return None
    return end_of(pattern, text, begin, spans)


def _starts(lists: Mapping[str, Lexicon]) -> _Starts:
    """By first word: the lists that have it as a phrase (marks only), and all other phrases."""
    single: dict[str, list[str]] = defaultdict(list)
    longer: dict[str, list[tuple[str, Pattern]]] = defaultdict(list)
    every = ((k, w, p) for k, x in lists.items() for w, ps in x.by_word.items() for p in ps)
    for key, word, pattern in every:
        if len(pattern.parts) == 1:
            single[word].append(key)
        longer[word].append((key, pattern))
    return {
        word: (tuple(dict.fromkeys(single.get(word, ()))), tuple(longer[word])) for word in longer
    }
