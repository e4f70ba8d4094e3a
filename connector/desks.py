"""Settings of a helpdesk -> the helpdesk, with its sign-in kept in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from connector import log, mirroring
from connector.helpdesks.zendesk.config import ApiToken, OAuthClient, ZendeskConfig
from connector.helpdesks.zendesk.desk import Zendesk
from connector.sealing import Seal
from connector.settings.ending import API_TOKENS_END
from connector.settings.helpdesks import OAuth, ZendeskHelpdesk
from connector.storage.engine import Database
from connector.vault import Vault

_log = log.get(__name__)


def keep_sign_ins(given: Iterable[ZendeskHelpdesk]) -> bool:
    """Whether one of them can't sign in without what is in the database."""
    return any(each.oauth is not None and each.oauth.refresh_token is not None for each in given)


def made(
    name: str, given: ZendeskHelpdesk, db: Database | None, clock: Callable[[], datetime]
) -> Zendesk:
    """Without a database tokens are kept in memory; a refresh token needs one."""
    oauth, token = given.oauth, given.api_token
    if token is not None:
        _warn(name, clock())
    config = ZendeskConfig(
        name=name,
        subdomain=given.subdomain,
        oauth=_client(oauth) if oauth else None,
        api_token=ApiToken(token.email, token.token.get_secret_value()) if token else None,
        webhook_secrets=tuple(each.get_secret_value() for each in given.webhook_secrets),
        base_url=given.base_url,
        now=clock,
        vault=_vault(name, given, oauth, db, clock) if oauth and db else None,
    )
    return Zendesk(mirroring.ruled(config, given.mirror))


def _client(oauth: OAuth) -> OAuthClient:
    refresh = oauth.refresh_token.get_secret_value() if oauth.refresh_token else ""
    return OAuthClient(oauth.client_id, oauth.client_secret.get_secret_value(), refresh)


def _vault(
    name: str,
    given: ZendeskHelpdesk,
    oauth: OAuth,
    db: Database,
    clock: Callable[[], datetime],
) -> Vault:
    # A token of another account, or of another client of this one, does not open.
    account = given.base_url or given.subdomain
    purpose = f"connector sign-in zendesk {account} {oauth.client_id}"
    seal = Seal(oauth.client_secret.get_secret_value(), purpose)
    return Vault(db, f"helpdesk:{name}", seal, clock)


def _warn(name: str, now: datetime) -> None:
    left = (API_TOKENS_END - now.date()).days
    told = _log.warning if left >= 0 else _log.error
    told("api_token_ends", helpdesk=name, ends=API_TOKENS_END.isoformat(), days_left=left,
         mend="sign in with oauth")  # fmt: skip
