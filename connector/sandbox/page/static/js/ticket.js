// One ticket: its properties, its comments, and the agent's box with its public/internal switch.

import { byId, el, growing, icon, keyed, sticky } from "./dom.js";
import { attachment } from "./phone.js";
import { order } from "./poll.js";
import { safeHtml } from "./safe_html.js";
import { announce, toast } from "./say.js";
import { STATUS_NAMES, badge } from "./status.js";
import { moment } from "./time.js";

// A fresh ticket holds summary and transcript: it is read from the top.
const OPENING = 3;

const drafts = new Map();
let shown = null;
let fit = () => {};
let thread = null;

const box = () => byId("reply-text");
const isPublic = () => byId("reply").elements.public.value === "yes";

export const writing = () => Boolean(box().value.trim());

export function setUpTicket() {
  fit = growing(box());
  thread = sticky(byId("thread"), byId("comments"));
  byId("reply").addEventListener("submit", (event) => {
    event.preventDefault();
    submit(false);
  });
  byId("submit-solved").addEventListener("click", () => submit(true));
  byId("reply").addEventListener("change", drawMode);
  byId("ticket-head").addEventListener("change", (event) => {
    if (event.target.name === "action" && event.target.value) act(event.target);
    if (event.target.name === "status") order(path("status"), { status: event.target.value }, { say: toast });
  });
}

const path = (action) => `/agent/tickets/${shown.id}/${action}`;

export function drawTicket(ticket, all = []) {
  byId("ticket").hidden = !ticket;
  if (!ticket) return;
  const switched = shown?.id !== ticket.id;
  if (switched && shown) drafts.set(shown.id, box().value);
  shown = ticket;
  if (switched) box().value = drafts.get(ticket.id) ?? "";
  const { comments, ...properties } = ticket;
  const others = all.filter(({ id, status }) => id !== ticket.id && status !== "closed").map(({ id }) => id);
  keyed(byId("ticket-head"), [{ ...properties, others }], ({ id }) => id, head);
  const newest = keyed(byId("comments"), comments, ({ id }) => `${ticket.id}-${id}`, comment).at(-1);
  if (switched && comments.length <= OPENING) thread.toStart();
  else if (newest) thread.toEnd();
  if (!switched && newest) announce(`${LABELS[kindOf(newest)] ?? "Comment"} by ${newest.author}`);
  const closed = ticket.status === "closed";
  for (const control of byId("reply").querySelectorAll("textarea, button, input")) control.disabled = closed;
  drawMode();
}

function head({ id, subject, status, priority, group, tags, others, requester, requester_phone: phone }) {
  const tagList = tags.map((tag) => el("span", { class: "tag" }, tag));
  return el(
    "div",
    {},
    el("div", { class: "ticket-title" }, el("span", { class: "ticket-id" }, `#${id}`),
      el("h3", { id: "ticket-subject", title: subject }, subject), badge(status)),
    el("dl", { class: "properties" },
      property("Requester", requester, phone && phone !== requester ? el("small", {}, phone) : null),
      property("Status", statusSelect(status)),
      property("Actions", actionSelect(status, others)),
      property("Priority", priority ?? "–"),
      property("Group", group ?? "–"),
      property("Tags", ...(tagList.length ? tagList : ["–"]))),
  );
}

const property = (label, ...value) =>
  el("div", { class: `property is-${label.toLowerCase()}` }, el("dt", {}, label), el("dd", {}, ...value));

function statusSelect(status) {
  const offered = ["open", "pending", "hold", "solved"];
  const all = offered.includes(status) ? offered : [status, ...offered];
  const options = all.map((value) => el("option", { value, selected: value === status }, STATUS_NAMES[value] ?? value));
  return el("select", { name: "status", "aria-label": "Status", disabled: status === "closed" }, ...options);
}

// Macros as the sandbox's Zendesk has them, and what else an agent does to a ticket as a whole.
const MACROS = ["Hand back to the bot", "Keep the bot out", "Let the bot in again", "Send again"];
const ACTIONS = [...MACROS, "Close for good", "Delete", "Mark as spam"];

function actionSelect(status, others) {
  const merges = others.map((id) => el("option", { value: `into ${id}` }, `Merge into #${id}`));
  const options = ACTIONS.map((name) => el("option", { value: name }, name));
  const first = el("option", { value: "", selected: true }, "Choose…");
  return el("select", { name: "action", "aria-label": "Actions", disabled: status === "closed" }, first, ...options,
    ...merges);
}

function act(select) {
  const [, into] = /^into (\d+)$/.exec(select.value) ?? [];
  const action = select.value;
  select.value = "";
  order(path("action"), into ? { action: "Merge", into: Number(into) } : { action }, { say: toast });
}

const kindOf = ({ public: open, role }) => (open ? role : "note");

function comment({ author, role, public: open, html, plain, at, attachments }) {
  const body = el("div", { class: "comment-body" });
  body.append(html ? safeHtml(html) : plain);
  const kind = kindOf({ public: open, role });
  return el(
    "li",
    { class: `comment ${open ? "is-public" : "is-note"} by-${role}` },
    el("span", { class: "avatar", "aria-hidden": "true" }, author.replace(/^\+/, "").charAt(0) || "?"),
    el("div", { class: "comment-box" },
      el("p", { class: "comment-head" }, el("strong", {}, author),
        el("span", { class: "comment-kind" }, open ? null : icon("lock"), LABELS[kind] ?? "Public"), moment(at)),
      body, ...attachments.map(attachment)),
  );
}

const LABELS = { note: "Internal note", agent: "Public reply", "end-user": "Customer" };

function drawMode() {
  const open = isPublic();
  byId("reply").classList.toggle("is-note", !open);
  byId("reply-label").textContent = open ? "Public reply" : "Internal note";
  box().placeholder = open ? "Write to the customer" : "Write to your colleagues";
  byId("reply-reach").textContent = open ? "Reaches the phone" : "Stays inside";
  fit();
}

async function submit(solve) {
  const text = box().value.trim();
  const ticket = shown;
  if (!text && !solve) {
    box().focus();
    return;
  }
  const done = text
    ? await order(path("comment"), { text, public: isPublic(), solve }, { say: toast })
    : await order(path("status"), { status: "solved" }, { say: toast });
  if (!done) return;
  drafts.delete(ticket.id);
  if (shown.id === ticket.id) box().value = "";
  fit();
}
