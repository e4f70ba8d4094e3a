"""What `doctor` asks of a Zendesk account beside the pieces that `setup` makes."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC
from urllib.parse import urlsplit

import requests

from connector.errors import ProviderError, Rejected, Transient
from connector.helpdesks.zendesk.admin import Admin
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.helpdesks.zendesk.pieces import (
    CONDITIONAL,
    NOT_OURS,
    calls_of,
    conditions_of,
    own_webhook,
    trigger_title,
)
from connector.helpdesks.zendesk.webhooks import INVOCATION, SIGNATURE, TIMESTAMP
from connector.http import OutboundSession
from connector.upkeep import (
    SET_UP,
    Check,
    Finding,
    Mark,
    Site,
    in_words,
    no_answer,
    of_clock,
    of_round_trip,
)

SCOPES = frozenset({"read", "write"})
LOW = 0.2  # of the requests a minute that Zendesk allows
TOKENS_END = "2027-04-30"
NO_TICKET = "9223372036854775807"  # one that can't be ours: the test request changes nothing
_PATHS = {"group": "groups", "brand": "brands", "form": "ticket_forms", "field": "ticket_fields"}
_KEYS = {"field": "fields"}


def checks(config: ZendeskConfig, admin: Admin, site: Site) -> Sequence[Check]:
    asked = [
        Check("sign-in", lambda: sign_in(config, admin)),
        Check("scopes", lambda: scopes(config, admin)),
        Check("clock", lambda: clock(admin)),
        Check("rate limit", lambda: headroom(admin)),
        Check("secret", lambda: secret(config, admin, site)),
        Check("round trip", lambda: round_trip(config, site)),
        Check("loop guards", lambda: loop_guards(admin, site)),
    ]
    return asked + [_ids(admin, kind, ids) for kind, ids in site.ids.items() if ids]


def sign_in(config: ZendeskConfig, admin: Admin) -> Finding:
    about = "sign-in"
    try:
        person = admin.get("users/me.json").get("user")
    except ProviderError as error:
        return _signed_out(config, error)
    role = person.get("role") if isinstance(person, dict) else None
    if role is None or role == "end-user":
        return Finding(about, Mark.WRONG, "works, but as nobody who is an agent", _who(config))
    if config.oauth is None:
        found = f"works with an API token, as {_an(role)}; Zendesk ends those on {TOKENS_END}"
        return Finding(about, Mark.CARE, found, "make an OAuth client and set `oauth` instead")
    if role != "admin":
        mend = "let an admin own the OAuth client: webhooks, triggers and the history need one"
        return Finding(about, Mark.CARE, f"works, as {_an(role)}", mend)
    return Finding(about, Mark.WELL, "works, as an admin")


def _an(role: object) -> str:
    return f"{'an' if str(role)[:1] in 'aeiou' else 'a'} {role}"


def _who(config: ZendeskConfig) -> str:
    way = "the OAuth client belongs to" if config.oauth else "the API token is named with"
    return f"see in Admin Center whom {way}"


def _signed_out(config: ZendeskConfig, error: ProviderError) -> Finding:
    if error.status is None:
        found = f"{config.host} could not be reached ({_last(error)})"
        mend = f"is the network up, and is subdomain '{config.subdomain}' right?"
    elif error.status == 404:
        found = f"there is no Zendesk account at {config.host}"
        mend = f"subdomain is '{config.subdomain}'; it is what stands before .zendesk.com"
    elif error.code == "invalid_scope":
        found = "the OAuth client may not have the scopes `read` and `write`"
        mend = "give it both in Admin Center (Apps and integrations, APIs, OAuth clients)"
    elif config.oauth is not None:
        found = f"Zendesk does not accept the OAuth client ({_last(error)})"
        mend = "check oauth.client_id and oauth.client_secret; the client must be confidential"
    else:
        found = f"Zendesk does not accept the API token ({_last(error)})"
        mend = "check api_token.email and api_token.token, or better, make an OAuth client"
    return Finding("sign-in", Mark.WRONG, found, mend)


def _last(error: ProviderError) -> str:
    return in_words(error.reason.rpartition(": ")[2])


def scopes(config: ZendeskConfig, admin: Admin) -> Finding:
    """What the token in use may do; an API token may do what its owner may."""
    about = "scopes"
    if config.oauth is None:
        return Finding(about, Mark.WELL, "an API token has no scopes")
    try:
        token = admin.get("oauth/tokens/current.json").get("token")
    except ProviderError as error:
        if error.status not in (403, 404):
            raise
        return Finding(about, Mark.NOTE, "Zendesk does not tell what the token may do")
    given = token.get("scopes") if isinstance(token, dict) else None
    missing = SCOPES - set(given) if isinstance(given, list) else frozenset()
    if missing:
        found = f"the token lacks {' and '.join(f'`{m}`' for m in sorted(missing))}"
        mend = "give the OAuth client the scopes `read` and `write` in Admin Center"
        return Finding(about, Mark.WRONG, found, mend)
    return Finding(about, Mark.WELL, "`read` and `write`")


def clock(admin: Admin) -> Finding:
    admin.get("users/me.json")
    if admin.skew is None:
        return Finding("clock", Mark.NOTE, "Zendesk's answer had no time to compare with")
    return of_clock("clock", admin.skew)


def headroom(admin: Admin) -> Finding:
    about = "rate limit"
    try:
        admin.get("users/me.json")
    except Transient as error:
        if error.status != 429:
            raise
        mend = "see which other programs call this account; wait a minute"
        return Finding(about, Mark.WRONG, "is used up at this moment", mend)
    if admin.limits is None:
        return Finding(about, Mark.NOTE, "Zendesk's answer did not tell it")
    left, allowed = admin.limits
    found = f"{left} of {allowed} requests a minute are left"
    if left < LOW * allowed:
        mend = "see which other programs call this account (Admin Center, API usage)"
        return Finding(about, Mark.CARE, found, mend)
    return Finding(about, Mark.WELL, found)


def signing_secret(admin: Admin, site: Site) -> str | None:
    """What our webhook signs with; None without a webhook."""
    webhook = own_webhook(admin, site)
    if webhook is None:
        return None
    told = admin.get(f"webhooks/{webhook['id']}/signing_secret").get("signing_secret")
    value = told.get("secret") if isinstance(told, dict) else None
    return value if isinstance(value, str) and value else None


def new_secret(config: ZendeskConfig, admin: Admin, site: Site) -> str | None:
    found = signing_secret(admin, site)
    return None if found is None or _place(config, found) is not None else found


def _place(config: ZendeskConfig, found: str) -> int | None:
    same = [hmac.compare_digest(s.encode(), found.encode()) for s in config.webhook_secrets]
    return same.index(True) if any(same) else None


def secret(config: ZendeskConfig, admin: Admin, site: Site) -> Finding:
    about = "secret"
    found = signing_secret(admin, site)
    if found is None:
        return Finding(about, Mark.WRONG, "there is no webhook to have one", SET_UP)
    place, number = _place(config, found), len(config.webhook_secrets)
    if place is None:
        known = (
            "is not the configured one" if number == 1 else f"is none of the {number} configured"
        )
        mend = f"{SET_UP}: it shows the secret, to be put where webhook_secrets reads it"
        return Finding(about, Mark.WRONG, f"the one that Zendesk signs with {known}", mend)
    if number > 1:
        told = f"Zendesk signs with number {place + 1} of {number}, and all of them verify"
        return Finding(about, Mark.NOTE, told, "take the old ones out when the rotation is over")
    return Finding(about, Mark.WELL, "is the one that Zendesk signs with")


def round_trip(config: ZendeskConfig, site: Site) -> Finding:
    """Two requests to our own public address: one signed, one not."""
    about = "round trip"
    body = json.dumps({"ticket_id": NO_TICKET}).encode()
    stamp = config.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = config.webhook_secrets[0].encode()
    digest = hmac.new(given, stamp.encode() + body, hashlib.sha256).digest()
    signed = {SIGNATURE: b64encode(digest).decode(), TIMESTAMP: stamp, INVOCATION: "doctor"}
    try:
        taken, refused = _post(site, body, signed), _post(site, body, {})
    except requests.RequestException as error:
        return no_answer(about, site, type(error).__name__)
    return of_round_trip(about, site, taken, refused)


def _post(site: Site, body: bytes, headers: Mapping[str, str]) -> int:
    with OutboundSession(frozenset({urlsplit(site.url).netloc})) as session:
        sent = {"Content-Type": "application/json", **headers}
        return session.post(site.url, data=body, headers=sent).status_code


def loop_guards(admin: Admin, site: Site) -> Finding:
    """Does anything call us about what we did ourselves, or about the same change twice?"""
    about = "loop guards"
    ours = {
        str(w.get("id"))
        for w in admin.all("webhooks", "webhooks")
        if w.get("endpoint") == site.url and CONDITIONAL in (w.get("subscriptions") or ())
    }
    guard = conditions_of([NOT_OURS])[0]
    own, others, bare = False, [], []
    for rule in admin.all("triggers", "triggers"):
        if not rule.get("active") or not ours & {webhook for webhook, _ in calls_of(rule)}:
            continue
        title, conditions = str(rule.get("title")), rule.get("conditions")
        guarded = isinstance(conditions, dict) and guard in conditions_of(conditions.get("all"))
        if not guarded:
            bare.append(title)
        elif title != trigger_title(site):
            others.append(title)
        own = own or title == trigger_title(site)
    if bare:
        found = f"{_named(bare)} tells us of our own changes"
        mend = "delete it" if own and trigger_title(site) not in bare else SET_UP
        return Finding(about, Mark.CARE, found, mend)
    if others or len(ours) > 1:
        found = f"{_named(others)} calls us too" if others else f"{len(ours)} webhooks call us"
        mend = "delete what is too much: each change costs two requests"
        return Finding(about, Mark.CARE, found, mend)
    return Finding(about, Mark.WELL, "our own changes are not told back to us")


def _named(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    return f"trigger '{titles[0]}'{more}"


def _ids(admin: Admin, kind: str, ids: Sequence[int]) -> Check:
    about = f"ticket {kind}"

    def look() -> Finding:
        gone = []
        for number in ids:
            try:
                admin.get(f"{_PATHS[kind]}/{number}.json")
            except Rejected:
                gone.append(str(number))
        if gone:
            found = f"Zendesk has no {kind} {', '.join(gone)}"
            return Finding(
                about,
                Mark.WRONG,
                found,
                f"correct `ticket.{_KEYS.get(kind, kind)}` of the channels",
            )
        return Finding(about, Mark.WELL, f"{', '.join(str(n) for n in ids)} exist in Zendesk"
                       if len(ids) > 1 else f"{ids[0]} exists in Zendesk")  # fmt: skip

    return Check(about, look)
