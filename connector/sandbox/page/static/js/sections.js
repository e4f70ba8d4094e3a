// Which section is seen where the window cannot hold all three, and what is new in the others.

import { byId } from "./dom.js";

const NAMES = ["phone", "desk", "connector"];
const seen = { phone: null, desk: null, connector: null };
let counts = null;

const button = (name) => document.querySelector(`[data-go="${name}"]`);
const visible = (name) => byId(name).offsetParent !== null;

export function setUpSections() {
  for (const name of NAMES) button(name).addEventListener("click", () => go(name));
  window.addEventListener("resize", drawBadges);
  go("phone");
}

export function go(name, { focus = false } = {}) {
  document.body.dataset.section = name;
  if (focus) target(name).focus();
  drawBadges();
}

// The box to write in, or the section itself where there is none.
function target(name) {
  const box = { phone: byId("phone-text"), desk: byId("reply-text") }[name];
  return box && box.offsetParent !== null ? box : byId(name);
}

export function drawSections(state) {
  const heard = state.customers.flatMap(({ messages }) => messages.filter((message) => !message.inbound));
  counts = {
    phone: heard.length,
    desk: state.tickets.reduce((sum, ticket) => sum + ticket.comments.length, 0),
    connector: state.facts.at(-1)?.id ?? 0,
  };
  drawBadges();
}

function drawBadges() {
  for (const name of NAMES) {
    button(name).setAttribute("aria-pressed", String(visible(name)));
    if (!counts) continue;
    if (seen[name] === null || visible(name)) seen[name] = counts[name];
    seen[name] = Math.min(seen[name], counts[name]); // a sandbox that was started anew counts anew
    const fresh = counts[name] - seen[name];
    const badge = button(name).querySelector(".badge");
    badge.hidden = fresh === 0;
    badge.textContent = fresh > 99 ? "99+" : String(fresh);
  }
}
