"""How well the local triggers know when to hand over, beside plain baselines, on the labelled sets.

    python -m bench.handoff [FOLDER]      the folder with evaluate.py and the *.dev.jsonl

Only the weights of frustration lean on figures, of the sources in FITTED; the others stand in a row
of their own, and `python -m bench.fit_frustration` judges each fitted one without itself. The rows
`own, unseen` are lines of this project's that no rule was made by (bench/lines.py): as many traps as
requests, so that their false alarms per 1,000 say nothing of ordinary traffic.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from bench import lines
from connector.domain.handoff.base import LANGUAGES, HandoffPolicy
from connector.domain.handoff.judge import Task, judge
from connector.domain.handoff.scoring import of_messages
from connector.phrases import load

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "handoff"
TASKS: tuple[tuple[str, Task], ...] = (
    ("wants_human", "explicit_request"),
    ("frustration", "frustration"),
    ("legal", "legal"),
)
# Texts to support, which the weights are fitted on. Comments among strangers are only judged.
FITTED = ("airline_tweets", "dfrustration", "constructed", "bitext")
PLAIN = (
    *("speak to a human", "real person", "manager", "supervisor", "complaint", "lawyer"),
    "cancel",
)
PLAIN_TURNS = 5
HEADER = (
    *("set", "rules", "P", "R", "F/1000", "AUC", "R@5%"),
    *("on time", "±1", "early", "missed", "false", "GTT", "p95 µs"),
)

Verdict = dict[str, Any]
Row = dict[str, str]


def scorer(folder: Path = DATA) -> ModuleType | None:
    """The shared scorer, or None where the labelled sets are missing."""
    path = folder / "evaluate.py"
    spec = importlib.util.spec_from_file_location("evaluate", path)
    if not path.exists() or spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shipped_policy() -> HandoffPolicy:
    return HandoffPolicy(phrases=load(ROOT / "config" / "phrases", LANGUAGES))


def messages(
    evaluate: ModuleType, folder: Path, name: str, one: Callable[[str], Verdict]
) -> dict[str, Any]:
    """The scorer's figures, and the scores by label and source for the thresholds of our own."""
    scored: dict[str, float] = {}

    def call(text: str, _language: str | None = None) -> Verdict:
        verdict = one(text)
        scored[text] = verdict["score"]
        return verdict

    with contextlib.redirect_stdout(io.StringIO()):
        figures: dict[str, Any] = evaluate.messages(name, "dev", call, None, 0.5, str(folder), 0)
    rows = evaluate.load(name, "dev", str(folder))
    figures["scores"] = [(r["source"], r["label"], scored[r["text"]]) for r in rows]
    return figures


def conversations(
    evaluate: ModuleType, folder: Path, one: Callable[[list[Any]], Verdict]
) -> dict[str, Any]:
    spent: list[float] = []

    def call(turns: list[Any]) -> Verdict:
        began = time.perf_counter()
        verdict = one(turns)
        spent.append(time.perf_counter() - began)
        return verdict

    with contextlib.redirect_stdout(io.StringIO()):
        figures: dict[str, Any] = evaluate.conversations(
            "dev", call, None, 0.5, str(folder), 0, 0.0
        )["ALL"]
    figures["p95"] = sorted(spent)[int(len(spent) * 0.95)] * 1e6
    return figures


def plain_message(text: str) -> Verdict:
    fire = any(phrase in text.lower() for phrase in PLAIN)
    return {"fire": fire, "score": float(fire)}


def plain_conversation(turns: list[Any]) -> Verdict:
    many = sum(t["role"] == "bot" for t in turns) >= PLAIN_TURNS
    return {"fire": many or plain_message(turns[-1]["text"])["fire"]}


def split(evaluate: ModuleType, name: str, figures: dict[str, Any]) -> Iterator[Row]:
    """AUC, and recall at 5 % false positives, of fitted and of other sources."""
    positive = evaluate.POS[name]
    for label, wanted in (("fitted sources", True), ("other sources", False)):
        mine = [x for x in figures["scores"] if (x[0] in FITTED) is wanted]
        hits = [s for _, kind, s in mine if kind == positive]
        others = sorted(s for _, kind, s in mine if kind in evaluate.NEG[name])
        limit = others[int(len(others) * 0.95)]
        reached = sum(s > limit for s in hits) / len(hits)
        auc = evaluate.auc(hits, others)
        yield {"set": f"  {label}", "AUC": f"{auc:.3f}", "R@5%": f"{reached:.2f}"}


def own_rows(policy: HandoffPolicy) -> Iterator[Row]:
    """Lines of our own that no rule was made by: half B, and those written when the rules stood."""
    unseen = [line for line in lines.read() if line.half != "A"]
    for language in LANGUAGES:
        mine = [x for x in unseen if (x.kind, x.language) == ("requests", language)]
        yield own_row(f"  own, unseen, {language}", mine, policy)
    for kind in lines.KINDS:
        yield own_row(f"  own, unseen, {kind}", [x for x in unseen if x.kind == kind], policy)
    strange = [line for line in lines.read(lines.STRANGERS) if line.half == "B"]
    for language in LANGUAGES:
        mine = [x for x in strange if (x.kind, x.language) == ("requests", language)]
        yield own_row(f"  strangers, half B, {language}", mine, policy)
    for kind in lines.KINDS:
        mine = [x for x in strange if x.kind == kind]
        yield own_row(f"  strangers, half B, {kind}", mine, policy)


def own_row(name: str, chosen: Sequence[lines.Line], policy: HandoffPolicy) -> Row:
    found = of_messages(lines.judged(chosen, policy))
    return {
        "set": name,
        "rules": "connector",
        "P": f"{found['precision']:.3f}",
        "R": f"{found['recall']:.3f}",
        "F/1000": f"{found['false_per_1000']:.1f}",
        "AUC": f"{found['auc']:.3f}",
    }


def message_row(name: str, rules: str, figures: dict[str, Any]) -> Row:
    return {
        "set": name,
        "rules": rules,
        "P": f"{figures['precision']:.3f}",
        "R": f"{figures['recall']:.3f}",
        "F/1000": f"{figures['fpr_per_1000']:.1f}",
        "AUC": f"{figures['auc']:.3f}",
        "p95 µs": f"{figures['latency_us']['p95']:.0f}",
    }


def conversation_row(rules: str, figures: dict[str, Any]) -> Row:
    early = figures.get("too_early", 0) + figures.get("early_1", 0)
    return {
        "set": "conversations",
        "rules": rules,
        "on time": f"{figures['on_time_rate']:.0%}",
        "±1": f"{figures['within1']:.0%}",
        "early": str(early),
        "missed": f"{figures['missed_rate']:.0%}",
        "false": f"{figures['false_handoff_rate']:.0%}",
        "GTT": f"{figures['GT_I']:.3f}",
        "p95 µs": f"{figures['p95']:.0f}",
    }


def table(rows: list[Row]) -> str:
    wide = {h: max(len(h), *(len(r.get(h, "")) for r in rows)) for h in HEADER}
    shown = ["  ".join(h.ljust(wide[h]) for h in HEADER)]
    shown += ["  ".join(r.get(h, "").ljust(wide[h]) for h in HEADER) for r in rows]
    return "\n".join(line.rstrip() for line in shown)


def main(folder: Path = DATA) -> int:
    policy = shipped_policy()
    rows: list[Row] = list(own_rows(policy))
    evaluate = scorer(folder)
    if evaluate is None:
        print(table(rows))
        print(f"handoff: no labelled sets at {folder}, only our own lines were measured")
        return 0
    for name, task in TASKS:

        def ours(text: str, task: Task = task) -> Verdict:
            return judge(task, {"text": text}, policy)

        figures = messages(evaluate, folder, name, ours)
        rows.append(message_row(name, "connector", figures))
        if name == "frustration":
            rows.extend(split(evaluate, name, figures))
        rows.append(
            message_row(name, "plain list", messages(evaluate, folder, name, plain_message))
        )
    whole = conversations(
        evaluate, folder, lambda turns: judge("conversation", {"turns": turns}, policy)
    )
    rows.append(conversation_row("connector", whole))
    plain = conversations(evaluate, folder, plain_conversation)
    rows.append(conversation_row("plain list, 5 bot turns", plain))
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(*(Path(argument) for argument in sys.argv[1:2])))
