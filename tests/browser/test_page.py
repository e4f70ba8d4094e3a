"""The sandbox's page in a real Chromium, over a story instead of the twins."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Shown
from .story import ANA, BO, ZOE, Story

pytestmark = pytest.mark.browser


def messages(page: Page) -> Locator:
    return page.locator("#messages .bubble")


def background(element: Locator) -> str:
    return str(element.evaluate("node => getComputedStyle(node).backgroundColor"))


def test_the_first_visit_says_what_to_do(shown: Shown) -> None:
    page = shown.open()
    expect(page.locator("#phone-empty")).to_contain_text("Where is my parcel?")
    expect(page.locator("#desk-empty")).to_be_visible()
    expect(page.locator("#feed-empty")).to_be_visible()
    expect(page.locator("#suggestions button")).to_have_count(3)


def test_enter_sends_and_shift_enter_breaks_the_line(shown: Shown, story: Story) -> None:
    page = shown.open()
    box = page.get_by_label("Text message", exact=True)
    box.focus()
    page.keyboard.type("Hello")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("anybody?")
    page.keyboard.press("Enter")
    expect(messages(page)).to_have_text(["Hello\nanybody?"])
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    assert [message.text for message in story.conversation(ANA)] == ["Hello\nanybody?"]


def test_suggestions_follow_the_story(shown: Shown, story: Story) -> None:
    page = shown.open()
    page.get_by_role("button", name="Where is my parcel?").click()
    expect(messages(page)).to_have_text(["Where is my parcel?"])
    expect(page.get_by_role("button", name="I want to talk to a person")).to_be_visible()
    story.tells("holder_changed", holder="agent", conversation=ANA[-3:])
    expect(page.get_by_role("button", name="Thank you!")).to_be_visible()


def test_every_tab_is_current_without_reload(shown: Shown, story: Story) -> None:
    one, two = shown.open(), shown.open()
    story.until_ticket()
    for page in (one, two):
        expect(messages(page)).to_have_count(4)
        expect(page.locator("#ticket-subject")).to_have_text(
            "Parcel for order 4711 has not arrived"
        )
        expect(page.locator("#holder [aria-current]")).to_have_text("Agent")
        expect(page.locator("#ticket .tag")).to_have_text(["sms", "handoff", "explicit_request"])


def test_a_page_where_nothing_happens_asks_once(shown: Shown) -> None:
    page = shown.open()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(500)
    assert asked == []


def test_delivery_is_shown_and_what_never_arrived_stands_out(shown: Shown, story: Story) -> None:
    story.until_answered()
    page = shown.open()
    expect(page.locator(".message.theirs .status").first).to_have_text("Delivered")
    expect(page.locator(".message.lost .status")).to_have_text("Never arrived (error 30003)")


def test_the_feed_shows_trigger_evidence_and_the_next_attempt(shown: Shown, story: Story) -> None:
    story.until_ticket()
    page = shown.open()
    decided = page.locator(".fact.is-trigger")
    expect(decided.locator("mark")).to_have_text("the customer asked for a person")
    expect(decided.locator("blockquote")).to_contain_text("talk to a person")
    expect(decided.locator(".evidence li")).to_have_text(["score 0.97", "threshold 0.5"])
    expect(page.locator(".fact.is-bad")).to_contain_text(
        "Zendesk answered 503 (open ticket), next attempt at"
    )
    expect(page.locator(".fact").first).to_contain_text("The conversation is now with an agent")


def test_an_internal_note_looks_different_and_stays_off_the_phone(
    shown: Shown, story: Story
) -> None:
    story.until_ticket()
    page = shown.open()
    box = page.locator("#reply-text")
    page.keyboard.press("Alt+2")
    expect(box).to_be_focused()
    page.keyboard.type("It is on its way")
    page.keyboard.press("Enter")
    public = page.locator("#comments li", has_text="It is on its way")
    expect(public.locator(".comment-kind")).to_have_text("Public reply")

    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Internal note")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Wrong van, do not tell")
    page.keyboard.press("Enter")
    note = page.locator("#comments li", has_text="Wrong van")
    expect(note.locator(".comment-kind")).to_have_text("Internal note")
    assert background(note) != background(public)
    expect(messages(page).last).to_have_text("Ana: It is on its way")
    expect(page.locator("#talk")).not_to_contain_text("Wrong van")
    assert [comment.public for comment in story.desk[12].comments] == [False, True, False]


def test_submit_as_solved_replies_and_solves(shown: Shown, story: Story) -> None:
    story.until_ticket()
    page = shown.open()
    page.locator("#reply-text").fill("All done")
    page.get_by_role("button", name="Submit as solved").click()
    expect(page.locator(".ticket-title .status-badge")).to_have_text("Solved")
    expect(page.locator("#holder [aria-current]")).to_have_text("Ended")
    expect(messages(page).last).to_have_text("Ana: All done")
    page.get_by_label("Status", exact=True).select_option("open")
    expect(page.locator(".ticket-title .status-badge")).to_have_text("Open")


def test_a_refused_reply_says_why_and_keeps_the_text(shown: Shown, story: Story) -> None:
    story.until_ticket()
    page = shown.open()
    page.route(
        "**/comment", lambda route: route.fulfill(status=409, json={"error": "It is closed."})
    )
    page.locator("#reply-text").fill("Too late")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("It is closed.")
    expect(page.locator("#reply-text")).to_have_value("Too late")
    assert "409" in shown.problems.pop()


def test_each_customer_has_a_conversation_of_their_own(shown: Shown, story: Story) -> None:
    story.until_ticket()
    page = shown.open()
    expect(messages(page)).to_have_count(4)
    page.get_by_label("Customer", exact=True).select_option(BO)
    expect(messages(page)).to_have_count(0)
    expect(page.locator("#holder [aria-current]")).to_have_count(0)
    page.get_by_label("Text message", exact=True).fill("Hi")
    page.keyboard.press("Enter")
    expect(messages(page)).to_have_text(["Hi"])
    expect(page.locator("#holder [aria-current]")).to_have_text("Bot")


def test_faults_are_made_shown_and_cleared_by_keyboard(shown: Shown, story: Story) -> None:
    page = shown.open()
    page.get_by_role("button", name="Make it fail").press("Enter")
    drawer = page.get_by_role("dialog", name="Make it fail")
    drawer.get_by_label("Who fails").select_option("zendesk")
    drawer.get_by_label("At what").select_option("add_comment")
    drawer.get_by_label("How", exact=True).select_option("reset_after")
    drawer.get_by_label("How many times").fill("3")
    page.keyboard.press("Enter")
    expect(page.locator("#active-faults li")).to_contain_text("Zendesk, add comment")
    expect(page.locator("#active-faults li")).to_contain_text("3 ×")
    assert [(f.twin, f.operation, f.kind, f.times) for f in story.orders] == [
        ("zendesk", "add_comment", "reset_after", 3)
    ]
    drawer.get_by_role("button", name="Clear all faults").press("Enter")
    expect(page.locator("#no-faults")).to_be_visible()
    assert story.orders == []
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_phone_width_shows_one_section_and_counts_what_is_new(shown: Shown, story: Story) -> None:
    page = shown.open(390, 844)
    desk, connector = (page.locator(f'[data-go="{name}"]') for name in ("desk", "connector"))
    expect(page.locator("#desk")).to_be_hidden()
    story.until_ticket()
    expect(desk.locator(".badge")).to_have_text("1")
    expect(page.locator('[data-go="phone"] .badge')).to_be_hidden()
    desk.click()
    expect(page.locator("#ticket-subject")).to_be_visible()
    expect(page.locator("#phone")).to_be_hidden()
    expect(desk.locator(".badge")).to_be_hidden()
    expect(desk).to_have_attribute("aria-pressed", "true")
    connector.click()
    expect(page.locator(".fact").first).to_be_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_digits_go_to_a_section_but_not_while_typing(shown: Shown) -> None:
    page = shown.open(390, 844)
    page.keyboard.press("3")
    expect(page.locator("#connector")).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("#phone-text")).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("#phone-text")).to_have_value("2")
    page.keyboard.press("Alt+2")
    expect(page.locator("#desk")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Help and keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Help and keys")).to_be_hidden()


HOSTILE = (
    '<script>window.broken=1</script><img src=x onerror="window.broken=2">'
    '<p style="position:fixed" onclick="window.broken=3">Harmless</p>'
    '<a href="javascript:window.broken=4">trap</a> <a href="https://acme.example/a">way</a>'
    '<svg onload="window.broken=5"><text>art</text></svg><form><input value="x">kept</form>'
)


def expect_harmless(page: Page, body: Locator) -> None:
    expect(body).to_contain_text("Harmless")
    body.get_by_text("Harmless").click()
    body.get_by_text("trap").click()
    forbidden = "script, img, svg, form, input, [style], [onclick], [href^=java]"
    expect(body.locator(forbidden)).to_have_count(0)
    expect(body.get_by_text("way", exact=True)).to_have_attribute("href", "https://acme.example/a")
    assert page.evaluate("window.broken") is None


def test_nothing_in_a_message_or_comment_runs(shown: Shown, story: Story) -> None:
    story.until_ticket()
    page = shown.open()
    story.customer_says(ANA, HOSTILE)
    story.comments(12, "plain", public=False, html=HOSTILE)
    expect(messages(page).last).to_have_text(HOSTILE)
    expect_harmless(page, page.locator(".comment-body").last)


def test_the_page_itself_drops_what_could_run(shown: Shown) -> None:
    """The server cleans a comment too; this is the page's own list without it."""
    page = shown.open()
    page.evaluate(
        """async (html) => {
            const { safeHtml } = await import("/static/js/safe_html.js");
            document.querySelector("#phone-empty").replaceChildren(safeHtml(html));
        }""",
        HOSTILE,
    )
    expect_harmless(page, page.locator("#phone-empty"))
    assert all("Content Security Policy" in problem for problem in shown.problems)
    shown.problems.clear()


def test_an_agent_who_is_writing_keeps_ticket_and_text(shown: Shown, story: Story) -> None:
    story.until_ticket()
    page = shown.open()
    page.locator("#reply-text").fill("Half a sen")
    story.opens_ticket(13)
    expect(page.locator("#tickets li")).to_have_count(2)
    expect(page.locator(".ticket-id")).to_have_text("#12")
    page.locator("#tickets button").first.click()
    expect(page.locator("#reply-text")).to_have_value("")
    page.locator("#tickets button").last.click()
    expect(page.locator("#reply-text")).to_have_value("Half a sen")


def test_new_messages_are_announced(shown: Shown, story: Story) -> None:
    story.until_bot_answered()
    page = shown.open()
    expect(page.locator("#announcer")).to_have_text("")
    story.company_says("Still there?")
    expect(page.locator("#announcer")).to_have_text("On the phone: Still there?")


def test_a_lost_connection_is_said_quietly_and_found_again(shown: Shown, story: Story) -> None:
    page = shown.open()
    page.route("**/state?*", lambda route: route.abort())
    story.until_bot_answered()
    expect(page.locator("#offline")).to_be_visible()
    page.unroute("**/state?*")
    story.company_says("Back again")
    expect(messages(page).last).to_have_text("Back again")
    expect(page.locator("#offline")).to_be_hidden()
    assert all("ERR_FAILED" in problem for problem in shown.problems)
    shown.problems.clear()


def test_a_channel_is_picked_by_keyboard_and_its_customers_are_offered(
    shown: Shown, story: Story
) -> None:
    story.until_bot_answered()
    page = shown.open()
    expect(messages(page)).to_have_count(2)
    channel, customer = (page.get_by_label(n, exact=True) for n in ("Channel", "Customer"))
    channel.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(customer).to_be_focused()
    expect(channel.locator("option:checked")).to_have_text("Telegram")
    expect(customer.locator("option")).to_have_text(["7000001"])
    expect(page.locator("#device-number")).to_have_text("@northwind_bot")
    expect(messages(page)).to_have_count(0)
    page.keyboard.press("Tab")
    page.get_by_label("Text message", exact=True).fill("Hi")
    page.keyboard.press("Enter")
    expect(messages(page)).to_have_text(["Hi"])
    assert [m.text for m in story.conversation(ZOE)] == ["Hi"]
    expect(page.locator(".fact-foot b").first).to_have_text("Telegram 7000001")
    channel.select_option("sms")
    expect(messages(page)).to_have_count(2)


@pytest.mark.parametrize("width", [1440, 1100, 390, 320])
def test_the_pickers_fit_every_width(shown: Shown, width: int) -> None:
    page = shown.open(width, 844)
    for name in ("Channel", "Customer"):
        box = page.get_by_label(name, exact=True).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 30
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_what_can_be_tapped_takes_the_place_of_suggestions(shown: Shown, story: Story) -> None:
    story.customer_says(ZOE, "Where is it?")
    story.offers(ZOE, "Shall I hand you over to a person?", ("Yes, please", "No, thanks"))
    page = shown.open()
    page.get_by_label("Channel", exact=True).select_option("chat")
    taps = page.locator("#suggestions button")
    expect(taps).to_have_text(["Yes, please", "No, thanks"])
    taps.first.press("Enter")
    expect(messages(page)).to_have_text(
        ["Where is it?", "Shall I hand you over to a person?", "Yes, please"]
    )
    assert story.tapped == ["Yes, please"]
    expect(page.locator("#suggestions [data-tap]")).to_have_count(0)


def test_typing_is_shown_and_ends_by_itself(shown: Shown, story: Story) -> None:
    story.customer_says(ANA, "Where is it?")
    page = shown.open()
    expect(page.locator("#typing")).to_be_hidden()
    story.typing[ANA] = datetime.now(UTC) + timedelta(seconds=2)
    story.changes.bump()
    expect(page.locator("#typing")).to_be_visible()
    expect(page.locator("#typing")).to_be_hidden()
