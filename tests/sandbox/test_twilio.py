"""The twin of Twilio, over HTTP; Twilio's own validator judges its signatures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
import requests
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from connector.sandbox.faults import Fault
from connector.sandbox.twilio import TwilioTwin
from connector.sandbox.twilio.messages import Media
from tests.sandbox.catcher import Catcher, catching

SID, TOKEN, NUMBER, CUSTOMER = "AC" + "0" * 32, "secret", "+12025550100", "+12025550147"
PUBLIC = "https://connector.example.com/in?tenant=1"


@pytest.fixture
def caught() -> Iterator[Catcher]:
    with catching() as catcher:
        yield catcher


@pytest.fixture
def twin(caught: Catcher) -> Iterator[TwilioTwin]:
    with TwilioTwin(SID, TOKEN, NUMBER, caught.url + "/in", public_url=PUBLIC) as twin:
        yield twin


def send(twin: TwilioTwin, password: str = TOKEN, **form: str) -> requests.Response:
    form = {"To": CUSTOMER, "From": NUMBER, "Body": "hi"} | form
    url = f"{twin.url}/2010-04-01/Accounts/{SID}/Messages.json"
    return requests.post(url, data=form, auth=(SID, password), timeout=5)


@pytest.mark.parametrize("text", ["hello", "", "¿dónde está? 🙂", "a&b=c +d\r\n"])
def test_what_a_customer_says_is_signed_for_the_public_url(
    twin: TwilioTwin, caught: Catcher, text: str
) -> None:
    assert twin.customer_says(text, from_=CUSTOMER).wait() == 200
    headers, body = caught.posts[0]
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    assert (form["Body"], form["From"], form["To"]) == (text, CUSTOMER, NUMBER)
    judge = RequestValidator(TOKEN)
    assert judge.validate(PUBLIC, form, headers["x-twilio-signature"])
    assert not judge.validate(PUBLIC, form | {"Body": "forged"}, headers["x-twilio-signature"])


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"Body": "x" * 1601}, 21617),
        ({"Body": ""}, 21602),
        ({"To": "+1555"}, 21211),
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"From": "+12025550199"}, 21606),
        ({"Boddy": "a slip"}, 20001),
    ],
)
def test_a_wrong_send_is_refused(twin: TwilioTwin, form: dict[str, str], code: int) -> None:
    answer = send(twin, **form)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert twin.conversation(CUSTOMER) == []


def test_a_wrong_token_is_refused(twin: TwilioTwin) -> None:
    assert send(twin, password="wrong").json()["code"] == 20003


def test_a_message_is_delivered_and_its_callback_told(twin: TwilioTwin, caught: Catcher) -> None:
    taken = send(twin, StatusCallback=caught.url + "/status")
    assert (taken.status_code, taken.json()["status"]) == (201, "queued")
    assert twin.courier.idle()
    told = [dict(parse_qsl(body.decode())) for _, body in caught.posts]
    assert [each["MessageStatus"] for each in told] == ["queued", "sent", "delivered"]
    judge = RequestValidator(TOKEN)
    signed = caught.posts[-1][0]["x-twilio-signature"]
    assert judge.validate(caught.url + "/status", told[-1], signed)
    assert twin.conversation(CUSTOMER)[0].status == "delivered"


@pytest.mark.parametrize(("code", "status"), [(30003, "undelivered"), (63016, "failed")])
def test_a_delivery_fails_on_order(twin: TwilioTwin, code: int, status: str) -> None:
    twin.fail_next_delivery(code)
    send(twin)
    assert twin.courier.idle()
    shown = twin.conversation(CUSTOMER)[0]
    assert (shown.status, shown.error_code) == (status, code)


def test_stop_blocks_this_pair_until_start(twin: TwilioTwin, caught: Catcher) -> None:
    twin.customer_says(" stop ", from_=CUSTOMER).wait()
    assert len(caught.posts) == 1  # the webhook comes all the same
    assert send(twin).json()["code"] == 21610
    assert send(twin, To="+12025550148").status_code == 201
    twin.customer_says("START", from_=CUSTOMER).wait()
    assert send(twin).status_code == 201
    shown = [(m.direction, m.text[:20]) for m in twin.conversation(CUSTOMER)]
    assert shown[1] == ("outbound", "You have successfull")


def test_a_list_is_filtered_and_paged_newest_first(twin: TwilioTwin) -> None:
    for number in range(5):
        send(twin, Body=str(number))
    url = f"{twin.url}/2010-04-01/Accounts/{SID}/Messages.json"
    asked = {"To": CUSTOMER, "DateSent>": "2020-01-01", "PageSize": "2"}
    found = []
    page = requests.get(url, params=asked, auth=(SID, TOKEN), timeout=5).json()
    while True:
        found += [m["body"] for m in page["messages"]]
        if not page["next_page_uri"]:
            break
        page = requests.get(twin.url + page["next_page_uri"], auth=(SID, TOKEN), timeout=5).json()
    assert found == ["4", "3", "2", "1", "0"]


def test_held_webhooks_come_in_the_order_of_their_release(
    twin: TwilioTwin, caught: Catcher
) -> None:
    twin.courier.hold()
    first, second = (twin.customer_says(t, from_=CUSTOMER) for t in ("first", "second"))
    twin.courier.release([second, first])
    first.wait()
    assert [dict(parse_qsl(b.decode()))["Body"] for _, b in caught.posts] == ["second", "first"]


def test_a_duplicate_is_the_same_to_the_last_byte(twin: TwilioTwin, caught: Catcher) -> None:
    twin.courier.duplicate()
    twin.customer_says("once", from_=CUSTOMER).wait()
    assert len(caught.posts) == 2
    assert caught.posts[0] == caught.posts[1]
    assert len(twin.conversation(CUSTOMER)) == 1


def test_a_reset_after_the_message_was_taken(twin: TwilioTwin) -> None:
    twin.faults.add("POST */Messages.json", Fault(reset=True, when="after"))
    with pytest.raises(requests.ConnectionError):
        send(twin)
    assert len(twin.conversation(CUSTOMER)) == 1


def test_a_reset_before_leaves_nothing(twin: TwilioTwin) -> None:
    twin.faults.add("POST */Messages.json", Fault(reset=True))
    with pytest.raises(requests.ConnectionError):
        send(twin)
    assert twin.conversation(CUSTOMER) == []
    assert send(twin).status_code == 201


def test_half_a_body_and_a_status_with_headers(twin: TwilioTwin) -> None:
    twin.faults.add("POST *", Fault(half_body=True))
    with pytest.raises(requests.RequestException):
        send(twin)
    twin.faults.add("POST *", Fault(status=429, headers={"Retry-After": "7"}))
    answer = send(twin)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["code"] == 20429


def test_the_door_does_over_http_what_a_test_does_in_process(twin: TwilioTwin) -> None:
    order = {"match": "POST *", "fault": {"status": 503}, "times": None}
    assert requests.post(f"{twin.url}/_twin/faults", json=order, timeout=5).status_code == 201
    assert send(twin).status_code == 503
    assert requests.delete(f"{twin.url}/_twin/faults", timeout=5).ok
    assert send(twin).status_code == 201
    seen = requests.get(f"{twin.url}/_twin/requests", timeout=5).json()
    assert [each["status"] for each in seen] == [503, 201]
    assert not any(name.lower() == "authorization" for name in seen[0]["headers"])
    web = {"Origin": "https://evil.example"}
    assert requests.get(f"{twin.url}/_twin/state", headers=web, timeout=5).status_code == 403


def test_one_connection_serves_many_requests_and_stop_leaves_no_thread(caught: Catcher) -> None:
    before = threading.active_count()
    twin = TwilioTwin(SID, TOKEN, NUMBER, caught.url).start()
    with requests.Session() as session:
        session.auth = (SID, TOKEN)
        url = f"{twin.url}/2010-04-01/Accounts/{SID}/Messages.json"
        assert [session.get(url, timeout=5).status_code for _ in range(3)] == [200] * 3
        assert session.get(url, timeout=5).headers.get("Connection") != "close"
        twin.stop()
    assert threading.active_count() <= before


def test_a_lost_webhook_is_in_the_list(twin: TwilioTwin, caught: Catcher) -> None:
    twin.lose(True)
    assert twin.customer_says("lost", from_=CUSTOMER).wait() is None
    twin.lose(False)
    twin.customer_says("heard", from_=CUSTOMER).wait()
    send(twin)
    assert len(caught.posts) == 1
    url = f"{twin.url}/2010-04-01/Accounts/{SID}/Messages.json"
    today = f"{twin.now():%Y-%m-%d}"
    asked = {"To": NUMBER, "DateSent>": today}
    found = requests.get(url, params=asked, auth=(SID, TOKEN), timeout=5).json()["messages"]
    told = [(m["body"], m["direction"], m["status"]) for m in found]
    assert told == [("heard", "inbound", "received"), ("lost", "inbound", "received")]


def test_files_are_listed_at_the_address_of_the_webhook(twin: TwilioTwin, caught: Catcher) -> None:
    picture = Media("image/png", "shoe.png", b"\x89PNG")
    twin.customer_says("see", from_=CUSTOMER, media=[picture]).wait()
    form = dict(parse_qsl(caught.posts[0][1].decode()))
    (message,) = twin.messages()
    uri = message.resource(SID)["subresource_uris"]["media"]
    (listed,) = requests.get(twin.url + uri, auth=(SID, TOKEN), timeout=5).json()["media_list"]
    assert twin.url + listed["uri"] == form["MediaUrl0"] + ".json"
    assert listed["content_type"] == form["MediaContentType0"] == "image/png"
    got = requests.get(form["MediaUrl0"], auth=(SID, TOKEN), timeout=5)
    assert got.content == picture.data
