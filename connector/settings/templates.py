"""Jinja in texts: checked when the file is read, so that rendering can't fail later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from jinja2 import ChainableUndefined, StrictUndefined, Template, TemplateError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BeforeValidator, Field

from connector.settings.interpolate import Interpolated
from connector.settings.problems import did_you_mean, refused

Fact = str | Mapping[str, str]
KNOWN = (
    "handoff.trigger", "handoff.reason", "agent.first_name", "agent.name", "customer.name",
    "customer.language", "channel.name", "ticket.id", "next_opening", "conversation.id",
    "episode.id",
)  # fmt: skip

# What is rendered goes out as plain text, so nothing is escaped here.
_STRICT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_LENIENT = ImmutableSandboxedEnvironment(undefined=ChainableUndefined, autoescape=False)


def render(text: str, facts: Mapping[str, Fact]) -> str:
    """A checked template filled in; a fact that is missing leaves nothing."""
    return _compiled(text).render(_facts("", facts))


@lru_cache(maxsize=512)
def _compiled(text: str) -> Template:
    return _LENIENT.from_string(text)


def _facts(filler: str, given: Mapping[str, Fact]) -> dict[str, Any]:
    """Every known name: as given, else the filler."""
    facts: dict[str, Any] = {}
    for name in KNOWN:
        root, dot, leaf = name.partition(".")
        if dot:
            facts.setdefault(root, {})[leaf] = filler
        else:
            facts[root] = filler
    for root, value in given.items():
        known = facts.get(root)
        if isinstance(value, Mapping) and isinstance(known, dict):
            facts[root] = {**known, **value}
        else:
            facts[root] = value
    return facts


def used(text: str) -> tuple[str, ...]:
    """The names that a checked template uses."""
    return tuple(_used(_STRICT.parse(text)))


def _checked(value: object) -> object:
    # Before pydantic makes it a plain text: what came from the environment is not quoted.
    if isinstance(value, str):
        check_template(value, quote=not isinstance(value, Interpolated))
    return value


def check_template(text: str, *, quote: bool) -> None:
    """Raise `refused` unless it can always be filled in; `quote`: its words may be shown."""
    try:
        tree = _STRICT.parse(text)
    except TemplateError as error:
        raise refused("is not a Jinja template", (error.message or "") if quote else "") from None
    for name in _used(tree):
        if name not in KNOWN:
            _refuse(name, quote=quote)
    template = _STRICT.from_string(text)
    for filler in ("", "x"):
        try:
            template.render(_facts(filler, {}))
        except Exception as error:  # a template can raise whatever its operators raise
            raise refused(f"can't be filled in ({type(error).__name__})") from None


def _refuse(name: str, *, quote: bool) -> None:
    if not quote:
        raise refused("the template uses a name that there is not")
    raise refused(f"nothing is called '{name}' in templates", did_you_mean(name, KNOWN))


def _used(tree: nodes.Template) -> Iterator[str]:
    """Every outside name, with its dotted part where there is one."""
    roots = find_undeclared_variables(tree)
    dotted: set[int] = set()
    for node in tree.find_all(nodes.Expr):
        match node:
            case nodes.Getattr(node=nodes.Name(name=root), attr=leaf):
                pass
            case nodes.Getitem(node=nodes.Name(name=root), arg=nodes.Const(value=leaf)):
                pass
            case _:
                continue
        if root in roots and any(known.startswith(f"{root}.") for known in KNOWN):
            dotted.add(id(node.node))
            yield f"{root}.{leaf}"
    for name in tree.find_all(nodes.Name):
        if name.name in roots and name.ctx == "load" and id(name) not in dotted:
            yield name.name


TemplateText = Annotated[str, BeforeValidator(_checked), Field(min_length=1, max_length=1600)]
