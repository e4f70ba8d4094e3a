// The customer's phone: what they wrote, what reached them, and a box to write in.

import { byId, el, fillSelect, growing, icon, keyed, sticky } from "./dom.js";
import { order } from "./poll.js";
import { announce, toast } from "./say.js";
import { stageOf, suggestionsFor } from "./stages.js";
import { hourNow, moment } from "./time.js";

const STATUS = {
  queued: ["clock", "Waiting"], accepted: ["clock", "Waiting"], sending: ["clock", "Sending"],
  sent: ["check", "Sent"], received: ["check", "Sent"], delivered: ["checks", "Delivered"],
  read: ["checks", "Read"], failed: ["alert", "Never arrived"], undelivered: ["alert", "Never arrived"],
};
const LOST = new Set(["failed", "undelivered"]);

let apps = [];
let customers = [];
let hiding = 0;
let fit = () => {};
let talk = null;

export function setUpPhone() {
  const box = byId("phone-text");
  fit = growing(box);
  byId("phone-form").addEventListener("submit", (event) => {
    event.preventDefault();
    send(box.value).then((done) => done && clear(box));
  });
  byId("app").addEventListener("change", offer);
  byId("customer").addEventListener("change", draw);
  byId("suggestions").addEventListener("click", (event) => {
    const chosen = event.target.closest("button");
    if (chosen) send(chosen.textContent, { tap: chosen.hasAttribute("data-tap") });
  });
  talk = sticky(byId("talk"), byId("messages"));
  const tick = () => { byId("device-time").textContent = hourNow(); };
  setInterval(tick, 1000);
  tick();
}

export const currentCustomer = () => customers.find((one) => one.address === byId("customer").value);

export function drawPhone(state) {
  ({ apps, customers } = state);
  fillSelect(byId("app"), apps.map(({ key, label }) => ({ value: key, label })));
  offer();
}

// The customers of the channel that is chosen.
function offer() {
  const key = byId("app").value;
  const there = customers.filter(({ app }) => app === key);
  fillSelect(byId("customer"), there.map(({ address, name }) => ({ value: address, label: name })));
  byId("device-number").textContent = apps.find((app) => app.key === key)?.number ?? "";
  draw();
}

function draw() {
  const customer = currentCustomer();
  if (!customer) return;
  const { address, messages } = customer;
  const list = byId("messages");
  const switched = list.dataset.of !== address;
  list.dataset.of = address;
  byId("phone-empty").hidden = messages.length > 0;
  const added = keyed(list, messages, (message) => message.sid, bubble);
  const heard = added.filter((message) => !message.inbound && !LOST.has(message.status));
  if (!switched && heard.length) announce(`On the phone: ${heard.map((one) => one.text).join(". ")}`);
  if (switched || added.some((message) => message.inbound)) talk.toEnd();
  drawTyping(customer);
  // What can be tapped is what the newest message asks; else there are suggestions of the page's own.
  const taps = messages.at(-1)?.choices ?? [];
  const wanted = taps.length
    ? taps.map((text) => ({ text, tap: true }))
    : suggestionsFor(stageOf(customer)).map((text) => ({ text, tap: false }));
  keyed(byId("suggestions"), wanted, ({ text, tap }) => `${tap} ${text}`, suggestion);
  document.dispatchEvent(new CustomEvent("customer-shown", { detail: customer }));
}

const suggestion = ({ text, tap }) => el("button", { type: "button", "data-tap": tap }, text);

// It ends by itself: nobody tells a phone that nobody writes any more.
function drawTyping({ typing_until: until }) {
  const left = until ? new Date(until) - Date.now() : 0;
  byId("typing").hidden = left <= 0;
  clearTimeout(hiding);
  if (left > 0) hiding = setTimeout(() => { byId("typing").hidden = true; }, left);
}

function bubble({ inbound, text, at, status, error_code: code, media }) {
  const [sign, word] = STATUS[status] ?? ["dot", status];
  const lost = LOST.has(status);
  const said = code ? `${word} (error ${code})` : word;
  return el(
    "li",
    { class: `message ${inbound ? "mine" : "theirs"}${lost ? " lost" : ""}` },
    el("span", { class: "hidden" }, inbound ? "Customer: " : "Northwind: "),
    el("div", { class: "bubble" }, text, ...media.map(attachment)),
    el("div", { class: "receipt" }, moment(at), el("span", { class: "status" }, icon(sign), said)),
  );
}

export function attachment({ name, kind, url }) {
  const label = `${name} (${kind})`;
  const open = { href: url, target: "_blank", rel: "noopener noreferrer" };
  return el("span", { class: "attachment" }, icon("clip"), url ? el("a", open, label) : label);
}

async function send(written, { tap = false } = {}) {
  const text = written.trim();
  const customer = byId("customer").value;
  if (!text || !customer) return false;
  return order("/customer/says", { text, customer, tap }, { say: toast });
}

function clear(box) {
  box.value = "";
  fit();
  box.focus();
}
