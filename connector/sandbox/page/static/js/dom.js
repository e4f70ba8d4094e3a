// Building and refreshing the page's elements. Text only ever enters as text.

export const byId = (id) => document.getElementById(id);

export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// Make the children of `parent` show `items`, touching only those that changed, so that focus,
// selection, open details and scroll positions stay. Returns the items that are new.
export function keyed(parent, items, keyOf, make) {
  const before = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const added = [];
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const shown = JSON.stringify(item);
    let node = before.get(key);
    before.delete(key);
    if (!node) added.push(item);
    if (!node || node.shown !== shown) {
      const fresh = Object.assign(make(item), { shown });
      fresh.dataset.key = key;
      if (node) {
        if (place === node) place = fresh;
        swap(node, fresh);
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of before.values()) node.remove();
  return added;
}

function swap(old, fresh) {
  const focused = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (focused) (fresh.querySelector("button, select, a, summary") ?? fresh).focus();
}

export function fillSelect(select, options) {
  const chosen = select.value;
  keyed(select, options, (option) => option.value, ({ value, label }) => el("option", { value }, label));
  if (options.some((option) => option.value === chosen)) select.value = chosen;
}

export function growing(textarea) {
  const fit = () => {
    textarea.style.height = "auto";
    textarea.style.height = `${textarea.scrollHeight + 2}px`;
  };
  textarea.addEventListener("input", fit);
  return fit;
}

// Keep a scrolling box at its end as it or its list grows, unless the reader has scrolled away.
export function sticky(box, list) {
  let stuck = true;
  let last = 0;
  const settle = () => { if (stuck) box.scrollTop = box.scrollHeight; };
  box.addEventListener("scroll", () => {
    // A box that shrank is away from its end as well: only a way upwards is the reader's.
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 40) stuck = true;
    else if (box.scrollTop < last) stuck = false;
    last = box.scrollTop;
  });
  const watch = new ResizeObserver(settle);
  watch.observe(box);
  watch.observe(list);
  return {
    toEnd() { stuck = true; settle(); },
    toStart() { stuck = false; box.scrollTop = 0; },
  };
}
