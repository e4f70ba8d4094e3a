// An agent's HTML, rebuilt from an allow-list. What is not on it loses its tags, not its text;
// what could run or load something is dropped whole. The parsed document itself is never shown.

const ALLOWED = new Set([
  "p", "br", "b", "strong", "em", "i", "ul", "ol", "li", "blockquote", "code", "pre", "a", "table",
  "thead", "tbody", "tr", "td", "th", "details", "summary", "h1", "h2", "h3", "h4", "span", "time",
]);
const DROPPED = new Set([
  "script", "style", "template", "iframe", "object", "embed", "noscript", "svg", "math", "title",
  "textarea", "select", "head", "link", "meta", "base",
]);
// A comment's headings must not stand above the page's own.
const RENAMED = { h1: "h4", h2: "h4", h3: "h4" };
const DEEPEST = 40;

export function safeHtml(html) {
  const rebuilt = document.createDocumentFragment();
  rebuild(new DOMParser().parseFromString(html, "text/html").body, rebuilt, 0);
  return rebuilt;
}

function rebuild(from, to, depth) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) continue;
    const name = node.localName;
    if (DROPPED.has(name)) continue;
    if (depth > DEEPEST) to.append(node.textContent);
    else rebuild(node, ALLOWED.has(name) ? to.appendChild(copy(node, name)) : to, depth + 1);
  }
}

function copy(node, name) {
  const made = document.createElement(RENAMED[name] ?? name);
  if (name === "a" && /^https?:\/\//i.test(node.getAttribute("href") ?? "")) {
    made.href = node.getAttribute("href");
    made.target = "_blank";
    made.rel = "noopener noreferrer nofollow";
  }
  return made;
}
