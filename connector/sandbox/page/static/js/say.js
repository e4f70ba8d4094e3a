// What the page says by itself: to everybody when something went wrong, to screen readers when
// something arrived.

import { byId } from "./dom.js";

let hiding = 0;

export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { box.hidden = true; }, 7000);
}

export function announce(text) {
  byId("announcer").textContent = text;
}
