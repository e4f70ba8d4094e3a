"""What has to be in a Zendesk account: the webhook, its trigger, and macros for what agents may do.

Each is found by what makes it ours (a webhook by its address, else by its name; a trigger, macro or
field by its title), so that a second `setup`, or one after a crash, finds what the first one made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import Rejected
from connector.helpdesks.zendesk.admin import Admin, Json
from connector.upkeep import Difference, Piece, Site, State, differences

CONDITIONAL = "conditional_ticket_events"  # the kind of webhook that a trigger may call
NOTIFY = "notification_webhook"
# Ids only: how Zendesk quotes a placeholder's value inside of JSON is documented nowhere.
BODY = json.dumps({"ticket_id": "{{ticket.id}}"})
UPDATED: Json = {"field": "update_type", "operator": "is", "value": "Change"}
# 5 is "Web service (API)": what we write ourselves is not told back to us. Comments that other
# programs write through the API are found when tickets are polled.
NOT_OURS: Json = {"field": "current_via_id", "operator": "is_not", "value": "5"}
FIELD = "Handoff trigger"
MACROS = {
    "hand back": "give the conversation back to the bot",
    "pause": "pause mirroring",
    "resend": "send again what did not arrive",
}


def webhook_name(site: Site) -> str:
    return f"Connector ({site.name})"


def trigger_title(site: Site) -> str:
    return f"Connector ({site.name}): tell that a ticket changed"


def macro_title(act: str) -> str:
    return f"Connector: {MACROS.get(act, act)}"


def own_webhook(admin: Admin, site: Site) -> Json | None:
    """The webhook for triggers that calls us, else the one that has our name."""
    listed = [w for w in admin.all("webhooks", "webhooks") if CONDITIONAL in _subscribed(w)]
    calling = [w for w in listed if w.get("endpoint") == site.url]
    named = [w for w in listed if w.get("name") == webhook_name(site)]
    both = [w for w in calling if w in named]
    return next(iter(both or calling or named), None)


def _subscribed(webhook: Json) -> list[object]:
    found = webhook.get("subscriptions")
    return found if isinstance(found, list) else []


@dataclass(frozen=True)
class _Kind:
    """A kind of thing that has a list, and a title that makes one of them ours."""

    path: str
    one: str
    title: str = "title"

    def find(self, admin: Admin, title: str) -> Json | None:
        """The newest working one of this title: Zendesk allows several."""
        same = [x for x in admin.all(self.path, self.path) if x.get(self.title) == title]
        return next((x for x in same if x.get("active")), same[0] if same else None)

    def keep(self, admin: Admin, found: Json | None, facts: Json) -> None:
        if found is None:
            admin.write("POST", self.path, {self.one: facts})
        else:
            admin.write("PUT", f"{self.path}/{found['id']}", {self.one: facts})


_TRIGGERS, _MACROS = _Kind("triggers", "trigger"), _Kind("macros", "macro")
_FIELDS = _Kind("ticket_fields", "ticket_field")


def pieces(admin: Admin, site: Site) -> Sequence[Piece]:
    made = [_webhook(admin, site), _trigger(admin, site)]
    made += [_macro(admin, act, tag) for act, tag in site.tags.items()]
    return [*made, _field(admin)] if site.with_fields else made


def _webhook(admin: Admin, site: Site) -> Piece:
    wanted: Json = {
        "name": webhook_name(site),
        "endpoint": site.url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": [CONDITIONAL],
    }

    def look() -> State:
        found = own_webhook(admin, site)
        # Its name is a person's to change once it calls us.
        kept = {k: v for k, v in wanted.items() if found is None or k != "name"}
        return _state(kept, found)

    def make() -> None:
        found = own_webhook(admin, site)
        if found is None:
            admin.write("POST", "webhooks", {"webhook": wanted})
        else:
            changed = {d.name: wanted[d.name] for d in look().differences}
            admin.write("PATCH", f"webhooks/{found['id']}", {"webhook": changed})

    return Piece("webhook", look, make)


def _trigger(admin: Admin, site: Site) -> Piece:
    title = trigger_title(site)

    def facts() -> Json:
        webhook = own_webhook(admin, site)
        if webhook is None:
            raise Rejected("zendesk: the trigger needs the webhook, and there is none",
                           meaning="it needs the webhook, and there is none")  # fmt: skip
        return {
            "title": title,
            "active": True,
            "conditions": {"all": [UPDATED, NOT_OURS], "any": []},
            "actions": [{"field": NOTIFY, "value": [str(webhook["id"]), BODY]}],
        }

    def look() -> State:
        found = _TRIGGERS.find(admin, title)
        if found is None or own_webhook(admin, site) is None:
            return State(found is not None, _unfinished(site))
        wanted = facts()
        return State(True, tuple(_compared(wanted, found)))

    def make() -> None:
        _TRIGGERS.keep(admin, _TRIGGERS.find(admin, title), facts())

    return Piece("trigger", look, make)


def _unfinished(site: Site) -> tuple[Difference, ...]:
    told = f"Ticket is updated, not through the API -> {site.url}"
    return (Difference("when and where", "", told), Difference("body", "", BODY))


def _compared(wanted: Json, found: Json) -> list[Difference]:
    """Zendesk adds keys of its own to conditions, and may give a value as text or number."""
    shown = {"active": bool(found.get("active"))}
    kept = list(differences({"active": True}, shown))
    theirs, ours = found.get("conditions"), wanted["conditions"]
    conditions = theirs if isinstance(theirs, dict) else {}
    for which in ("all", "any"):
        here, there = conditions_of(conditions.get(which)), conditions_of(ours[which])
        kept += differences({f"{which} of": sorted(there)}, {f"{which} of": sorted(here)})
    kept += differences(_acts(wanted), _acts(found))
    return kept


def conditions_of(listed: object) -> list[str]:
    """Each as "field operator value"."""
    rows = listed if isinstance(listed, list) else []
    return [
        f"{row.get('field')} {row.get('operator')} {row.get('value')}"
        for row in rows
        if isinstance(row, dict)
    ]


def calls_of(rule: Json) -> list[tuple[str, str]]:
    """(webhook, body) of each webhook that a trigger calls."""
    found = []
    for act in rule.get("actions") or ():
        value = act.get("value") if isinstance(act, dict) else None
        if isinstance(value, list) and len(value) >= 2 and act.get("field") == NOTIFY:
            found.append((str(value[0]), str(value[1])))
    return found


def _acts(rule: Json) -> Json:
    calls = calls_of(rule)
    return {
        "webhook": ", ".join(webhook for webhook, _ in calls),
        "body": " ".join(_canonical(body) for _, body in calls),
        "actions": len(rule.get("actions") or ()),
    }


def _canonical(body: str) -> str:
    try:
        return json.dumps(json.loads(body))
    except ValueError:
        return body


def _macro(admin: Admin, act: str, tag: str) -> Piece:
    title = macro_title(act)
    wanted: Json = {
        "title": title,
        "active": True,
        "description": f"Adds the tag {tag}, which the connector acts on.",
        "actions": [{"field": "current_tags", "value": tag}],
    }
    return _plain(admin, f"macro: {act}", _MACROS, title, wanted, _tagging)


def _tagging(macro: Json) -> Json:
    rows = [act for act in macro.get("actions") or () if isinstance(act, dict)]
    tags = [str(a.get("value")) for a in rows if a.get("field") == "current_tags"]
    # An admin who switched it off has meant it: agents can type the tag.
    return {"title": macro.get("title"), "tags": " ".join(tags)}


def _field(admin: Admin) -> Piece:
    wanted: Json = {
        "type": "text",
        "title": FIELD,
        "active": True,
        "description": "Why the connector's bot handed the customer over.",
    }

    def then() -> str:
        found = _FIELDS.find(admin, FIELD)
        number = found["id"] if found else "ID"
        return (
            "to fill the field, put it under a channel's `ticket` in the configuration: "
            f'fields: {{"{number}": "{{{{ handoff.trigger }}}}"}}'
        )

    def shown(field: Json) -> Json:
        return {"title": FIELD, "type": field.get("type")}

    return _plain(admin, "optional field", _FIELDS, FIELD, wanted, shown, then)


def _plain(
    admin: Admin,
    about: str,
    kind: _Kind,
    title: str,
    wanted: Json,
    shown: Callable[[Json], Json],
    then: Callable[[], str] = lambda: "",
) -> Piece:
    def look() -> State:
        found = kind.find(admin, title)
        return _state(shown(wanted), None if found is None else shown(found))

    def make() -> None:
        kind.keep(admin, kind.find(admin, title), wanted)

    return Piece(about, look, make, then, optional=True)


def _state(wanted: Mapping[str, Any], found: Mapping[str, Any] | None) -> State:
    return State(found is not None, differences(wanted, found or {}))
