// What the connector does, as a time line with the newest on top, and who has the conversation.

import { byId, el, icon, keyed } from "./dom.js";
import { exactMoment, moment } from "./time.js";

export function drawFeed(state) {
  // With several customers, each fact says whose it is.
  const several = state.customers.filter(({ messages }) => messages.length).length > 1;
  const facts = state.facts.map((one) => ({ ...one, customer: several ? one.customer : null })).reverse();
  byId("feed-empty").hidden = facts.length > 0;
  keyed(byId("facts"), facts, ({ id }) => id, fact);
}

function fact({ at, icon: sign, tone, parts, evidence, details, quote, customer }) {
  return el(
    "li",
    { class: `fact is-${tone}` },
    el("span", { class: "fact-sign" }, icon(sign)),
    el("div", { class: "fact-body" },
      el("p", { class: "fact-said" }, ...parts.map(part)),
      quote ? el("blockquote", {}, quote) : null,
      evidence.length ? el("ul", { class: "evidence", "aria-label": "Evidence" }, ...evidence.map(labelled)) : null,
      el("p", { class: "fact-foot" }, moment(at), customer ? el("b", {}, customer) : null, ...details.map(detail))),
  );
}

function part({ text, mark, at }) {
  if (at) return exactMoment(at);
  return mark ? el("mark", {}, text) : text;
}

const labelled = ({ label, value }) => el("li", {}, el("b", {}, label), " ", value);
const detail = ({ label, value }) => el("span", { class: "fact-detail", title: `${label}: ${value}` }, `${label} ${value}`);

export function drawHolder(customer) {
  for (const step of byId("holder").children) {
    const current = customer.messages.length > 0 && step.dataset.holder === customer.holder;
    if (current) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
}
