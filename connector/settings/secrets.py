"""No secret stands in the file itself."""

from __future__ import annotations

from collections.abc import Iterator

from connector.settings.interpolate import Interpolated
from connector.settings.tree import Reader, Tree
from connector.settings.values import is_loopback_url

KEYS = frozenset({
    "api_key", "token", "client_secret", "webhook_secrets", "auth_tokens", "secrets",
    "access_token", "client_secrets", "app_secrets", "verify_token", "bot_token", "secret_token",
    "password", "password_hash", "refresh_token", "metrics_token", "to", "handoffs_to",
})  # fmt: skip


def refuse_literals(section: Tree, reader: Reader) -> None:
    """Each secret below this helpdesk, bot or channel comes from outside, as a whole."""
    # A stand-in on this machine takes any secret, and the sandbox must start without accounts; the
    # same default with a real provider would be a secret that everybody can read.
    stand_in = section.below("base_url")
    may_default = stand_in is not None and is_loopback_url(stand_in.value)
    for at in _secrets(section):
        value = at.value
        if at.broken or value is None:
            continue
        if not (isinstance(value, Interpolated) and value.whole):
            hint = "write ${NAME} and set it in the environment"
            reader.problem(at, "a secret may not stand in this file", hint)
        elif value.from_default and not may_default:
            hint = "only a stand-in (base_url on this machine) may have one"
            reader.problem(at, "a secret may not have a default", hint)


def _secrets(tree: Tree) -> Iterator[Tree]:
    for name, below in (tree.section or {}).items():
        if name in KEYS:
            yield from (
                leaf for leaf in below.walk() if leaf.section is None and leaf.items is None
            )
        else:
            yield from _secrets(below)
    for item in tree.items or []:
        yield from _secrets(item)
