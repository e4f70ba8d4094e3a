// The keyboard: Enter sends, digits go to a section, ? helps.

import { byId } from "./dom.js";
import { go } from "./sections.js";

const SECTIONS = { Digit1: "phone", Digit2: "desk", Digit3: "connector" };

export function setUpKeys() {
  for (const id of ["phone-text", "reply-text"]) byId(id).addEventListener("keydown", enterSends);
  document.addEventListener("keydown", shortcut);
  opens("open-help", "help");
  opens("open-faults", "faults");
}

function enterSends(event) {
  // While an input method composes a word, Enter chooses it.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

function shortcut(event) {
  if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey) return;
  const typing = event.target.closest?.("input, textarea, select");
  const section = SECTIONS[event.code];
  if (section && (event.altKey || !typing) && !event.shiftKey) {
    event.preventDefault();
    go(section, { focus: true });
  } else if (event.key === "?" && !typing) {
    event.preventDefault();
    byId("help").showModal();
  }
}

function opens(button, dialog) {
  const box = byId(dialog);
  byId(button).addEventListener("click", () => box.showModal());
  box.addEventListener("click", (event) => {
    // The dialog's own box is filled by its children: a click on itself is one beside it.
    if (event.target === box || event.target.closest("[data-close]")) box.close();
  });
}
