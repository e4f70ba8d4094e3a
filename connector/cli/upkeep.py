"""What `setup` and `doctor` share: looking at each piece, and making what is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from connector import bootstrap
from connector.errors import ProviderError, Rejected, Uncertain
from connector.settings import Settings
from connector.sites import Account
from connector.upkeep import SET_UP, Finding, Mark, Piece, SetsUp, State, in_words


@dataclass(frozen=True)
class Seen:
    """A piece, and what stands in its place; `failure` says why nobody knows."""

    piece: Piece
    state: State | None
    failure: str = ""

    @property
    def is_right(self) -> bool:
        return self.state is not None and self.state.is_right


@contextmanager
def opened(settings: Settings) -> Iterator[list[Account]]:
    """The accounts of this configuration, until the command is done."""
    found = bootstrap.accounts(settings)
    try:
        yield found
    finally:
        for account in found:
            account.close()


def pieces(account: Account) -> Sequence[Piece]:
    adapter = account.adapter
    return adapter.pieces(account.site) if isinstance(adapter, SetsUp) else ()


def seen(piece: Piece) -> Seen:
    try:
        return Seen(piece, piece.look())
    except ProviderError as error:
        return Seen(piece, None, sentence(error))


def made(piece: Piece) -> str:
    """Make it as it should be; "" or why that failed."""
    try:
        piece.make()
    except Uncertain as error:
        # The answer was lost: what stands there now tells.
        return "" if seen(piece).is_right else sentence(error)
    except ProviderError as error:
        return sentence(error)
    return ""


def sentence(error: ProviderError) -> str:
    """Why, in words; what provider errors carry is fit to be shown."""
    if isinstance(error, Rejected) and error.meaning != error.reason:
        return error.meaning
    provider = error.provider.capitalize() or "the provider"
    if error.status in (401, 403):
        doing = "may not do this: see its scopes and its owner's role"
        told = "does not accept the credentials" if error.status == 401 else ""
        return f"{provider} {told}" if told else f"{provider}: the sign-in {doing}"
    if error.status == 429:
        return f"{provider} allows no more requests at this moment"
    return f"{provider} could not be asked ({in_words(error.reason.rpartition(': ')[2])})"


def finding(each: Seen) -> Finding:
    about = each.piece.about
    if each.state is None:
        return Finding(about, Mark.WRONG, each.failure)
    if each.state.is_right:
        return Finding(about, Mark.WELL, "is as it should be")
    mark = Mark.NOTE if each.piece.optional else Mark.WRONG
    if not each.state.exists:
        return Finding(about, mark, "is not there", f"{SET_UP}, or `connector doctor --fix`")
    told = "; ".join(
        f"{d.name} is {quoted(d.found)}, not {quoted(d.wanted)}" for d in each.state.differences
    )
    return Finding(about, mark, told, f"{SET_UP}, or `connector doctor --fix`")


def mended(each: Seen) -> Finding:
    """What --fix made of it."""
    failure = made(each.piece)
    if failure:
        found = f"{finding(each).found}; mending it failed: {failure}"
        return Finding(each.piece.about, Mark.WRONG, found)
    if each.state is None or not each.state.exists:
        return Finding(each.piece.about, Mark.WELL, "mended: it is there now")
    told = "; ".join(
        f"{d.name} was {quoted(d.found)}, is {quoted(d.wanted)}" for d in each.state.differences
    )
    return Finding(each.piece.about, Mark.WELL, f"mended: {told}")


def quoted(text: str) -> str:
    return text if text else "empty"


def looked(about: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except ProviderError as error:
        return Finding(about, Mark.WRONG, sentence(error))
