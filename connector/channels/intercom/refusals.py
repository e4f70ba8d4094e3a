"""What Intercom's error codes mean (https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis/error-codes)."""

from __future__ import annotations

from collections.abc import Mapping

GONE = ("conversation_not_found", "not_found", "resource_not_found")
# For good. The words are for an agent.
REFUSED: Mapping[str, str] = {
    **dict.fromkeys(GONE, "the conversation is not in Intercom any more"),
    "parameter_invalid": "Intercom does not take a message of this form",
    "parameter_not_found": "Intercom does not take a message of this form",
    "bad_request": "Intercom does not take a message of this form",
    "unprocessable_entity": "Intercom does not take a message of this form",
    "contact_not_found": "the customer is not in Intercom any more",
    "contact_merged": "the customer is another one in Intercom by now",
    "content_too_large": "the message was too long for Intercom",
}
# About our own token, teammate, plan or version: what is queued waits until it has been mended.
OURS = frozenset({
    "admin_not_found", "api_plan_restricted", "forbidden", "intercom_version_invalid",
    "token_blocked", "token_expired", "token_not_found", "token_revoked", "token_suspended",
    "token_unauthorized", "unauthorized",
})  # fmt: skip
LATER = "rate_limit_exceeded"
UNKNOWN = "Intercom refused it and gave no reason that is known here"
