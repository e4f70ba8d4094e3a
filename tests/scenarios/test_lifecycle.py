"""A45-A55 over HTTP: from the first minute of waiting to the answer to the survey."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from connector.domain.conversation import Ended, Solved, WithAgent, WithBot
from connector.sandbox.stage import CHANNEL, NUMBER
from connector.storage import conversations
from connector.storage.tables import conversations as table
from tests.scenarios.lifecycle import Life, life
from tests.scenarios.world import CUSTOMER, PLEA

FIVE_MINUTES = "waiting_notice: 5m"
NO_GRACE = "grace_period: 0s"
GRACE = "grace_period: 10m"
HOURS = 'hours: {timezone: America/New_York, open: {mon-fri: "09:00-18:00"}}'


def holder(w: Life) -> type:
    def loaded() -> object:
        (row,) = w.connector.db.read(lambda c: c.execute(table.select()).all())
        found = w.connector.db.read(lambda c: conversations.load(c, row.id))
        assert found is not None
        return found.holder

    return type(loaded())


def held_by(w: Life, kind: type) -> None:
    w.until(lambda: holder(w) is kind, f"held by {kind.__name__}")


def test_a45_a_reply_before_anyone_is_assigned_is_an_answer(tmp_path: Path) -> None:
    with life(tmp_path, FIVE_MINUTES) as w:
        ticket = w.handed_over()
        w.stage.zendesk.agent_replies(ticket, "Hello, this is Ana")
        w.hears(2)
        assert w.stage.zendesk.tickets_.get(ticket).facts["assignee_id"] is None
        w.passes(minutes=6)
        w.rests()
        assert w.phone()[1:] == ["Ana: Hello, this is Ana"]


def test_a_reply_to_a_pending_ticket_opens_it(tmp_path: Path) -> None:
    with life(tmp_path) as w:
        ticket = w.handed_over()
        for number, status in ((2, "pending"), (3, "hold")):
            w.stage.zendesk.agent_replies(ticket, f"Which order is it? {number}")
            w.stage.zendesk.set_status(ticket, status).wait()
            w.hears(number)
            w.rests()
            assert w.status(ticket) == status
            w.says(f"It is 471{number}")
            w.until(lambda: w.status(ticket) == "open", "an open ticket")
        w.rests()
        assert w.public(ticket, 4)[1::2] == ["It is 4712", "It is 4713"]


def test_a46_nobody_answers_one_honest_update_and_the_ticket_stays(tmp_path: Path) -> None:
    with life(tmp_path, FIVE_MINUTES) as w:
        ticket = w.handed_over()
        w.passes(minutes=4)
        w.rests()
        assert len(w.phone()) == 1
        w.passes(minutes=2)
        assert "still waiting" in w.hears(2)[1]
        w.passes(hours=2)
        w.rests()
        assert len(w.phone()) == 2
        assert w.status(ticket) == "new"
        w.stage.zendesk.agent_replies(ticket, "Sorry for the wait")
        assert w.hears(3)[2] == "Ana: Sorry for the wait"


def test_a47_outside_opening_hours_the_next_opening_is_named(tmp_path: Path) -> None:
    friday_evening = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)  # 18:30 in New York
    with life(tmp_path, f"{HOURS}\n{FIVE_MINUTES}", at=friday_evening) as w:
        w.handed_over()
        (told,) = w.phone()
        assert "Monday at 09:00" in told
        w.passes(minutes=30)  # nobody is expected to answer at night
        w.rests()
        assert len(w.phone()) == 1
        w.clock.set(datetime(2026, 11, 30, 14, 4, tzinfo=UTC))  # Monday, 09:04
        w.passes(seconds=0)
        w.rests()
        assert len(w.phone()) == 1
        w.passes(minutes=2)
        assert "still waiting" in w.hears(2)[1]


def test_a47_in_the_customers_language(tmp_path: Path) -> None:
    friday_evening = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    with life(tmp_path, HOURS, at=friday_evening) as w:
        w.says("Quiero hablar con una persona por favor")
        (told,) = w.hears(1)
        assert "el lunes a las 09:00" in told


def test_a48_a49_solve_thanks_and_a_real_reply(tmp_path: Path) -> None:
    with life(tmp_path, GRACE) as w:
        ticket = w.handed_over()
        w.stage.zendesk.agent_replies(ticket, "It comes tomorrow.", solve=True)
        assert "solved" in w.hears(3)[2]
        held_by(w, Solved)
        w.says("Thank you!! 🙏")
        w.until(lambda: "Thank you!!" in w.notes(ticket), "the thanks in the ticket")
        assert w.status(ticket) == "solved"
        w.says("But it is the wrong parcel")
        assert w.public(ticket, 2)[1] == "But it is the wrong parcel"
        w.until(lambda: w.status(ticket) == "open", "the ticket open again")
        w.rests()
        held_by(w, WithAgent)
        assert len(w.phone()) == 3
        w.stage.zendesk.agent_replies(ticket, "We will exchange it.", solve=True)
        w.hears(5)
        w.passes(minutes=11)
        held_by(w, Ended)
        assert w.outcomes() == ["agent_resolved"]
        assert len(w.stage.anthropic.calls) == 1  # the summary: no bot meanwhile
        w.says("How long do deliveries take?")
        w.hears(6)
        assert "We will exchange it." in json.dumps(w.stage.anthropic.calls[-1])


def test_a48_without_a_grace_the_bot_resumes_at_once(tmp_path: Path) -> None:
    with life(tmp_path, NO_GRACE) as w:
        ticket = w.handed_over()
        w.stage.zendesk.set_status(ticket, "solved")
        w.hears(2)
        held_by(w, Ended)
        w.says("How long do deliveries take?")
        w.hears(3)
        assert w.status(ticket) == "solved"


def test_a50_a_ticket_that_zendesk_has_closed_takes_no_more_and_a_new_one_is_made(
    tmp_path: Path,
) -> None:
    with life(tmp_path, GRACE) as w:
        ticket = w.handed_over()
        w.stage.zendesk.set_status(ticket, "solved")
        w.hears(2)
        w.rests()
        w.stage.zendesk.tell(False)
        w.stage.zendesk.set_status(ticket, "closed")
        w.stage.zendesk.tell(True)
        w.says("It still does not work, I want to talk to a human please")
        second = w.ticket(2)
        assert second != ticket
        w.hears(3)
        assert w.outcomes() == ["agent_resolved", None]


def test_a51_a_merged_ticket_goes_on_in_its_target(tmp_path: Path) -> None:
    other = "+12025550148"
    with life(tmp_path) as w:
        source = w.handed_over()
        w.says(PLEA, other)
        target = w.ticket(2)
        w.hears(1, other)
        w.stage.zendesk.agent_replies(target, "For the other one alone")
        w.hears(2, other)
        w.rests()
        w.passes(seconds=2)
        w.stage.zendesk.merge(source, target, public=True)
        w.until(lambda: f"#{source} was merged into this one" in w.notes(target), "the note")
        w.rests()
        w.says("Are you there?")
        w.until(lambda: "Are you there?" in w.comments(target, public=True), "it in the target")
        w.passes(seconds=2)
        w.stage.zendesk.agent_replies(target, "Yes, both of you")
        assert w.hears(2)[1] == "Ana: Yes, both of you"
        assert w.hears(3, other)[2] == "Ana: Yes, both of you"
        w.rests()
        assert len(w.phone()) == 2
        assert "merged" not in " ".join((*w.phone(), *w.phone(other)))


def test_a52_a_deleted_ticket_and_spam_release_the_conversation(tmp_path: Path) -> None:
    with life(tmp_path) as w:
        ticket = w.handed_over()
        w.stage.zendesk.delete(ticket)
        w.says("Are you there?")  # the deleted ticket can't take it: the bot does
        w.hears(2)
        assert w.outcomes() == ["released", None]


def test_a52_spam_is_found_without_a_webhook(tmp_path: Path) -> None:
    with life(tmp_path) as w:
        ticket = w.handed_over()
        w.passes(minutes=2)
        w.stage.zendesk.mark_as_spam(ticket)
        w.passes(minutes=2)
        held_by(w, Ended)
        assert w.outcomes() == ["released"]


def test_a53_a_macro_hands_back_and_the_bot_knows_what_was_resolved(tmp_path: Path) -> None:
    with life(tmp_path) as w:
        ticket = w.handed_over()
        w.stage.zendesk.agent_replies(ticket, "I refunded order 4711.")
        w.hears(2)
        w.says("How long do deliveries take?")
        w.public(ticket, 2)
        w.stage.zendesk.apply_macro(ticket, "Hand back to the bot")
        w.hears(3)
        assert "I refunded order 4711." in json.dumps(w.stage.anthropic.calls[-1])
        w.until(lambda: "bot_resume" not in w.tags(ticket), "the tag taken off")
        w.rests()
        held_by(w, WithBot)
        assert w.outcomes() == ["handed_back", None]
        w.stage.zendesk.agent_replies(ticket, "One more thing from me")
        assert w.hears(4)[3] == "Ana: One more thing from me"
        held_by(w, WithAgent)


def test_a_paused_ticket_keeps_the_bot_out_after_the_solve(tmp_path: Path) -> None:
    with life(tmp_path, NO_GRACE) as w:
        ticket = w.handed_over()
        w.stage.zendesk.apply_macro(ticket, "Keep the bot out")
        w.stage.zendesk.set_status(ticket, "solved")
        w.hears(2)
        w.passes(hours=30)
        w.says("I have another question")
        assert w.public(ticket, 1) == ["I have another question"]
        w.until(lambda: w.status(ticket) == "open", "the ticket open again")
        w.stage.zendesk.apply_macro(ticket, "Let the bot in again")
        w.stage.zendesk.set_status(ticket, "solved")
        w.hears(3)
        held_by(w, Ended)


def test_a_message_that_failed_is_told_once_a_cause_and_sent_again_by_a_tag(
    tmp_path: Path,
) -> None:
    with life(tmp_path) as w:
        ticket = w.handed_over()
        w.stage.twilio.fail_next_delivery(30003, times=3)
        for text in ("First", "Second", "Third"):
            w.stage.zendesk.agent_replies(ticket, text)
        w.until(lambda: "did not reach" in w.notes(ticket), "the note")
        w.rests()
        told = [c for c in w.comments(ticket, public=False) if "did not reach" in c]
        assert len(told) == 1
        assert "switched off" in told[0]
        assert all(text in told[0] for text in ("First", "Second", "Third"))
        w.stage.zendesk.add_tag(ticket, "connector_resend")
        assert w.hears(4)[1:] == ["Ana: First", "Ana: Second", "Ana: Third"]
        w.until(lambda: "connector_resend" not in w.tags(ticket), "the tag taken off")
        w.rests()
        assert len(w.phone()) == 4


def test_a54_a_digit_is_the_answer_while_the_survey_is_open_and_later_a_message(
    tmp_path: Path,
) -> None:
    with life(tmp_path, f"{NO_GRACE}\ncsat: {{ask: true, open_for: 1h}}") as w:
        ticket = w.handed_over()
        w.stage.zendesk.set_status(ticket, "solved")
        assert "1 (bad) to 5" in w.hears(3)[2]
        w.says("9")
        assert "1 (bad) to 5" in w.hears(4)[3]
        w.says("four!")
        w.hears(5)
        w.until(lambda: "rating: 4 of 5" in w.notes(ticket), "the score on the ticket")
        assert w.scores() == [4]
        calls = len(w.stage.anthropic.calls)
        w.says("5")  # the survey is over: an ordinary message
        w.hears(6)
        assert len(w.stage.anthropic.calls) == calls + 1
        assert w.scores()[0] == 4


def test_a54_too_late_is_an_ordinary_message(tmp_path: Path) -> None:
    with life(tmp_path, f"{NO_GRACE}\ncsat: {{ask: true, open_for: 1h}}") as w:
        ticket = w.handed_over()
        w.stage.zendesk.set_status(ticket, "solved")
        w.hears(3)
        w.passes(minutes=61)
        w.says("5")
        w.hears(4)
        assert w.scores()[0] is None
        held_by(w, WithBot)


def test_a55_one_customer_on_sms_and_whatsapp_two_conversations_one_requester(
    tmp_path: Path,
) -> None:
    numbers = {CHANNEL: NUMBER, "wa": f"whatsapp:{NUMBER}"}
    with life(tmp_path, channels=numbers) as w:
        w.handed_over()
        twilio = w.stage.twilio
        twilio.numbers.add(f"whatsapp:{NUMBER}")
        address = {"sms_url": f"{w.url}/webhooks/channels/wa"}
        twilio.lines.numbers[f"whatsapp:{NUMBER}"] = address
        said = twilio.customer_says(PLEA, from_=f"whatsapp:{CUSTOMER}", to=f"whatsapp:{NUMBER}")
        assert said.wait() == 200
        w.ticket(2)
        w.hears(1, f"whatsapp:{CUSTOMER}")
        w.rests()
        made = [w.stage.zendesk.tickets_.get(t.id).facts for t in w.stage.zendesk.tickets()]
        assert len({facts["requester_id"] for facts in made}) == 1
        assert len({facts["external_id"] for facts in made}) == 2
        rows = w.connector.db.read(lambda c: c.execute(table.select()).all())
        assert {row.channel for row in rows} == {CHANNEL, "wa"}
