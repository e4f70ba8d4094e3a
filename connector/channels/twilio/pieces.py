"""Where Twilio has to call us, and what `doctor` asks beside that.

WhatsApp senders and short codes are set by hand: what sets them is not in Twilio's descriptions
that this was written against.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode, urlsplit

import requests

from connector.channels.twilio.account import Account
from connector.channels.twilio.form import FORM
from connector.channels.twilio.signature import SIGNATURE
from connector.channels.twilio.template import may_be_sent
from connector.errors import ProviderError, Rejected
from connector.http import OutboundSession
from connector.upkeep import (
    Check,
    Finding,
    Mark,
    Piece,
    Site,
    State,
    differences,
    in_words,
    no_answer,
    of_clock,
    of_round_trip,
)

# Twilio asks once more only where no connection came about, unless told otherwise: three more
# times, whatever went wrong. It reads the fragment and never sends it.
RETRIES = "#rc=3&rp=all"
# What a field of the form is called in the answer.
_NUMBER = {
    "SmsUrl": "sms_url",
    "SmsMethod": "sms_method",
    "SmsApplicationSid": "sms_application_sid",
}
_SERVICE = {
    "InboundRequestUrl": "inbound_request_url",
    "InboundMethod": "inbound_method",
    "StatusCallback": "status_callback",
    "UseInboundWebhookOnNumber": "use_inbound_webhook_on_number",
}


def pieces(account: Account, site: Site) -> Sequence[Piece]:
    if account.config.messaging_service:
        return [_service(account, site)]
    return [] if _by_hand(account) else [_number(account, site)]


def _by_hand(account: Account) -> bool:
    """A WhatsApp sender or short code."""
    number = account.config.number or ""
    return not (number.startswith("+") or account.config.messaging_service)


def _number(account: Account, site: Site) -> Piece:
    # An application would take the place of the address.
    wanted = {"SmsUrl": site.url + RETRIES, "SmsMethod": "POST", "SmsApplicationSid": ""}

    def save(found: Mapping[str, object], fields: Mapping[str, str]) -> None:
        account.set_number(str(found.get("sid")), fields)

    missing = f"this Twilio account has no number {account.config.number}"
    return _piece("number's address", account.number, wanted, _NUMBER, save, missing)


def _service(account: Account, site: Site) -> Piece:
    wanted = {
        "InboundRequestUrl": site.url + RETRIES,
        "InboundMethod": "POST",
        "StatusCallback": f"{site.url}/status{RETRIES}",
        "UseInboundWebhookOnNumber": "false",
    }

    def save(_: Mapping[str, object], fields: Mapping[str, str]) -> None:
        account.set_service(fields)

    missing = f"this Twilio account has no service {account.config.messaging_service}"
    return _piece("service's addresses", account.service, wanted, _SERVICE, save, missing)


def _piece(
    about: str,
    find: Callable[[], Mapping[str, object] | None],
    wanted: Mapping[str, str],
    names: Mapping[str, str],
    save: Callable[[Mapping[str, object], Mapping[str, str]], None],
    missing: str,
) -> Piece:
    def found() -> Mapping[str, object]:
        there = find()
        if there is None:
            raise Rejected(f"twilio: {missing}", meaning=missing)
        return there

    def look() -> State:
        there = found()
        return State(True, differences(wanted, {k: _text(there.get(v)) for k, v in names.items()}))

    def make() -> None:
        save(found(), {d.name: wanted[d.name] for d in look().differences})

    return Piece(about, look, make)


def _text(value: object) -> str:
    """As a form has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def checks(account: Account, site: Site) -> Sequence[Check]:
    asked = [
        Check("sign-in", lambda: sign_in(account)),
        Check("clock", lambda: clock(account)),
        Check("round trip", lambda: round_trip(account, site)),
    ]
    if may_be_sent(account.config):
        asked.append(Check("template", lambda: template(account)))
    return [*asked, Check("address", lambda: by_hand(site))] if _by_hand(account) else asked


def template(account: Account) -> Finding:
    about, sid = "template", account.config.content_sid
    told = account.approval()
    if told is None:
        found = f"this Twilio account has no template {sid}"
        return Finding(about, Mark.WRONG, found, "check content_sid")
    whatsapp = told.get("whatsapp")
    status = whatsapp.get("status") if isinstance(whatsapp, dict) else None
    if status == "approved":
        return Finding(about, Mark.WELL, "WhatsApp has approved it")
    found = f"WhatsApp has not approved it ({status or 'nobody asked for it'})"
    mend = "ask for it in Twilio's console: Content Template Builder"
    return Finding(about, Mark.WRONG, found, mend)


def by_hand(site: Site) -> Finding:
    found = "of a WhatsApp sender or short code can't be seen from here"
    return Finding("address", Mark.NOTE, found,
                   f"in Twilio's console, let incoming messages POST to {site.url}{RETRIES}")  # fmt: skip


def sign_in(account: Account) -> Finding:
    about = "sign-in"
    try:
        status = account.itself().get("status")
    except ProviderError as error:
        if error.status in (401, 403, 404):
            found = f"Twilio does not accept the account's SID and token (HTTP {error.status})"
            return Finding(about, Mark.WRONG, found, "check account_sid and the first auth token")
        why = in_words(error.reason.rpartition(": ")[2])
        found = f"{account.config.host} could not be asked ({why})"
        return Finding(about, Mark.WRONG, found, "is the network up?")
    if status != "active":
        found = f"works, but the account is {status}"
        return Finding(about, Mark.WRONG, found, "see Twilio's console (billing, account status)")
    return Finding(about, Mark.WELL, "works, and the account is active")


def clock(account: Account) -> Finding:
    account.itself()
    if account.skew is None:
        return Finding("clock", Mark.NOTE, "Twilio's answer had no time to compare with")
    return of_clock("clock", account.skew)


def round_trip(account: Account, site: Site) -> Finding:
    """Two reports of a message that is on its way, one signed: they change nothing."""
    about, url = "round trip", f"{site.url}/status"
    form = {
        "AccountSid": account.config.account_sid,
        "MessageSid": "SM" + "0" * 32,
        "MessageStatus": "queued",
        "From": account.config.number or "",
        "MessagingServiceSid": account.config.messaging_service or "",
    }
    form = {name: value for name, value in form.items() if value}
    text = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(account.config.auth_tokens[0].encode(), text.encode(), hashlib.sha1).digest()
    signed = {SIGNATURE: base64.b64encode(digest).decode()}
    try:
        taken, refused = _post(url, form, signed), _post(url, form, {})
    except requests.RequestException as error:
        return no_answer(about, site, type(error).__name__)
    return of_round_trip(about, site, taken, refused)


def _post(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> int:
    with OutboundSession(frozenset({urlsplit(url).netloc})) as session:
        sent = {"Content-Type": FORM, **headers}
        return session.post(url, data=urlencode(form), headers=sent).status_code
