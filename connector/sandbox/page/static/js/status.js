// A ticket's status, in Zendesk's words.

import { el } from "./dom.js";

export const STATUS_NAMES = {
  new: "New", open: "Open", pending: "Pending", hold: "On-hold", solved: "Solved", closed: "Closed",
};

export const badge = (status) =>
  el("span", { class: `status-badge is-${status}`, title: STATUS_NAMES[status] }, STATUS_NAMES[status] ?? status);
