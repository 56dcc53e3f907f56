// Keep the marked parts of a page up to date: an element with an id and data-live="clock outbox" gets its newest content after
// each such event of the world, one with data-poll every second for as long as the server marks it so.
import { listen } from "./events.js";

const PAUSE = 300; // milliseconds: events that come together cause one request
let timer = 0;
let source = null;

export function follow() {
  const kinds = new Set([...document.querySelectorAll("[data-live]")].flatMap((part) => part.dataset.live.split(" ")));
  const handlers = Object.fromEntries([...kinds].map((kind) => [kind, () => plan(PAUSE)]));
  const start = () => { source ??= kinds.size ? listen(handlers) : null; };
  const stop = () => { source?.close(); source = null; };
  // A browser opens few connections to a server: pages in the background give theirs up.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return stop();
    start();
    plan(0);
  });
  start();
  poll();
}

function plan(pause) {
  clearTimeout(timer);
  timer = setTimeout(refresh, pause);
}

function poll() {
  if (document.querySelector("[data-poll]")) plan(1000);
}

async function refresh() {
  try {
    const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    if (response.ok) replaceParts(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch { /* the server is gone: what is on the page stays */ }
  poll();
}

function replaceParts(fresh) {
  for (const part of document.querySelectorAll("[data-live][id], [data-poll][id]")) {
    const newer = fresh.getElementById(part.id);
    part.classList.remove("fresh");
    if (!part.className) part.removeAttribute("class");
    if (newer) keepOpen(part, newer);
    if (!newer || newer.isEqualNode(part) || part.contains(document.activeElement)) continue;
    part.replaceWith(document.adoptNode(newer));
    newer.classList.add("fresh");
  }
}

/** Keep open what a person has opened, and closed what they have closed. */
function keepOpen(part, newer) {
  const before = part.querySelectorAll("details");
  newer.querySelectorAll("details").forEach((details, number) => {
    if (before[number]) details.open = before[number].open;
  });
}

follow();
