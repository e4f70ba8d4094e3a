// Puts the parts together: one state comes in, each part draws its share of it.

import { drawDesk, setUpDesk } from "./desk.js";
import { byId } from "./dom.js";
import { drawFaults, setUpFaults } from "./faults.js";
import { drawFeed, drawHolder } from "./feed.js";
import { setUpKeys } from "./keys.js";
import { drawPhone, setUpPhone } from "./phone.js";
import { follow } from "./poll.js";
import { drawSections, setUpSections } from "./sections.js";
import { keepTimesFresh } from "./time.js";

const DRAW = [drawPhone, drawDesk, drawFeed, drawFaults, drawSections];

function online(yes) {
  byId("offline").hidden = yes;
  byId("live").textContent = yes ? "live" : "waiting";
  byId("live").classList.toggle("is-off", !yes);
}

document.addEventListener("customer-shown", (event) => drawHolder(event.detail));
for (const setUp of [setUpPhone, setUpDesk, setUpFaults, setUpSections, setUpKeys, keepTimesFresh]) setUp();
follow((state) => DRAW.forEach((draw) => draw(state)), online);
