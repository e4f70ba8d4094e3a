// Moments as a person says them, in the reader's own time zone; the title has UTC.

import { el } from "./dom.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const full = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

export const hourNow = () => clock.format(new Date());

export function moment(iso) {
  const at = new Date(iso);
  return el("time", { datetime: iso, title: utc(at) }, said(at));
}

// To the second, for a moment that matters as such.
export function exactMoment(iso) {
  return el("time", { title: utc(new Date(iso)) }, exact.format(new Date(iso)));
}

const utc = (at) => `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;

function said(at) {
  const seconds = Math.round((Date.now() - at.getTime()) / 1000);
  if (seconds < -1) return `in ${span(-seconds)}`;
  if (seconds < 10) return "just now";
  if (seconds < 3600) return `${span(seconds)} ago`;
  return seconds < 12 * 3600 ? clock.format(at) : full.format(at);
}

function span(seconds) {
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

export function keepTimesFresh() {
  setInterval(() => {
    for (const node of document.querySelectorAll("time[datetime]")) {
      node.textContent = said(new Date(node.dateTime));
    }
  }, 5000);
}
