// The drawer that makes the twins fail.

import { byId, el, fillSelect, icon, keyed } from "./dom.js";
import { order } from "./poll.js";
import { toast } from "./say.js";

const TWINS = { twilio: "Twilio", zendesk: "Zendesk", anthropic: "Anthropic (the bot’s model)" };
const spoken = (name) => name.replaceAll("_", " ");

let faults = { kinds: [], operations: {}, active: [] };

export function setUpFaults() {
  byId("fault-twin").addEventListener("change", drawOperations);
  byId("fault-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const { twin, operation, kind, times } = Object.fromEntries(new FormData(event.target));
    order("/faults", { twin, operation, kind, times: Number(times) }, { say: toast });
  });
  byId("clear-faults").addEventListener("click", async () => {
    await order("/faults", null, { method: "DELETE", say: toast });
    byId("fault-twin").focus();
  });
}

export function drawFaults(state) {
  faults = state.faults;
  const twins = Object.keys(faults.operations);
  fillSelect(byId("fault-twin"), twins.map((value) => ({ value, label: TWINS[value] ?? value })));
  fillSelect(byId("fault-kind"), faults.kinds.map(({ id, label }) => ({ value: id, label })));
  drawOperations();
  drawActive();
}

function drawOperations() {
  const names = faults.operations[byId("fault-twin").value] ?? [];
  fillSelect(byId("fault-operation"), names.map((value) => ({ value, label: spoken(value) })));
}

function drawActive() {
  const active = faults.active.map((fault, place) => ({ ...fault, place }));
  keyed(byId("active-faults"), active, ({ place }) => place, ({ twin, operation, kind, times }) => {
    const label = faults.kinds.find(({ id }) => id === kind)?.label ?? kind;
    const who = el("strong", {}, `${TWINS[twin] ?? twin}, ${spoken(operation)}`);
    return el("li", {}, icon("bolt"), el("span", {}, who, label), el("span", { class: "times" }, `${times} ×`));
  });
  byId("no-faults").hidden = active.length > 0;
  byId("clear-faults").hidden = active.length === 0;
  const count = byId("fault-count");
  count.hidden = active.length === 0;
  count.textContent = String(active.length);
  byId("open-faults").setAttribute("aria-label", active.length ? `Make it fail, ${active.length} active` : "Make it fail");
}
