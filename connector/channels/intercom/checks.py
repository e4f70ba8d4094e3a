"""What `doctor` asks of a workspace. Its webhooks can only be looked at in Intercom's Developer Hub."""

from __future__ import annotations

from collections.abc import Sequence

from connector.channels.intercom.api import Api
from connector.channels.intercom.config import IntercomConfig
from connector.channels.payload import section
from connector.errors import ProviderError
from connector.upkeep import Check, Finding, Mark, in_words


def checks(config: IntercomConfig, api: Api) -> Sequence[Check]:
    return [
        Check("sign-in", lambda: sign_in(config, api)),
        Check("teammate", lambda: teammate(config, api)),
    ]


def sign_in(config: IntercomConfig, api: Api) -> Finding:
    about = "sign-in"
    try:
        told = api.get("me", "/me")
    except ProviderError as error:
        return _unanswered(about, error, "check access_token in the Developer Hub")
    region = str(section(told.get("app")).get("region", "")).lower()
    if region and region != config.region:
        found = f"works, but the workspace is in the region {region}, not {config.region}"
        return Finding(about, Mark.WRONG, found, f"set region: {region}")
    return Finding(about, Mark.WELL, "works")


def teammate(config: IntercomConfig, api: Api) -> Finding:
    about = "teammate"
    try:
        api.get("admin", f"/admins/{config.admin_id}")
    except ProviderError as error:
        return _unanswered(about, error, "set admin_id to a teammate's id (GET /admins lists them)")
    return Finding(about, Mark.WELL, "is there")


def _unanswered(about: str, error: ProviderError, mend: str) -> Finding:
    if error.status is not None and error.status < 500:
        return Finding(about, Mark.WRONG, f"Intercom refused it (HTTP {error.status})", mend)
    why = in_words(error.reason.rpartition(": ")[2])
    return Finding(about, Mark.WRONG, f"Intercom could not be asked ({why})", "is the network up?")
