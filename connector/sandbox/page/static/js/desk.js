// The agent's desk: the tickets, and which of them is open.

import { byId, el, keyed } from "./dom.js";
import { announce } from "./say.js";
import { badge } from "./status.js";
import { drawTicket, setUpTicket, writing } from "./ticket.js";
import { moment } from "./time.js";

let tickets = [];
let opened = null;
let known = null;

export function setUpDesk() {
  setUpTicket();
  byId("tickets").addEventListener("click", (event) => {
    const row = event.target.closest("button");
    if (row) open(Number(row.dataset.ticket));
  });
}

export function drawDesk(state) {
  tickets = [...state.tickets].sort((one, other) => other.id - one.id);
  const fresh = tickets.filter(({ id }) => known && !known.has(id));
  known = new Set(tickets.map(({ id }) => id));
  if (fresh.length) announce(`New ticket ${fresh[0].id}: ${fresh[0].subject}`);
  // A new ticket opens by itself, but never under an agent who is writing.
  if ((fresh.length && !writing()) || !known.has(opened)) opened = (fresh[0] ?? tickets[0])?.id ?? null;
  draw();
}

function open(id) {
  opened = id;
  draw();
}

function draw() {
  const rows = tickets.map((ticket) => ({
    id: ticket.id, subject: ticket.subject, status: ticket.status, requester: ticket.requester,
    at: ticket.comments.at(-1)?.at, current: ticket.id === opened,
  }));
  keyed(byId("tickets"), rows, ({ id }) => id, row);
  byId("ticket-count").textContent = String(tickets.length);
  byId("desk").classList.toggle("has-tickets", tickets.length > 0);
  byId("desk-empty").hidden = tickets.length > 0;
  drawTicket(tickets.find(({ id }) => id === opened), tickets);
}

function row({ id, subject, status, requester, at, current }) {
  return el("li", {}, el(
    "button",
    { type: "button", "data-ticket": id, "aria-current": current ? "true" : null },
    el("span", { class: "row-top" }, badge(status), el("span", {}, `#${id}`), at ? moment(at) : null),
    el("span", { class: "row-subject" }, subject),
    el("span", { class: "row-requester" }, requester),
  ));
}
