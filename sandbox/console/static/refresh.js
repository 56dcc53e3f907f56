// Keep the marked parts of a page up to date: an element with an id and data-live="clock outbox" gets its newest content after
// each such event of the world, one with data-poll every second for as long as the server marks it so.
import { listen } from "./events.js";

const PAUSE = 200; // milliseconds: events that come together cause one request
const INTERVAL = 1000; // milliseconds between two requests, however many events there are
let timer = 0;
let latest = -INTERVAL;
let source = null;
let isWaiting = false; // a part was left alone because the focus is in it

export function follow() {
  const kinds = new Set([...document.querySelectorAll("[data-live][id]")].flatMap((part) => part.dataset.live.split(" ")));
  const handlers = Object.fromEntries([...kinds].map((kind) => [kind, plan]));
  const start = () => {
    if (source || !kinds.size) return;
    source = listen(handlers);
    source.addEventListener("open", catchUp);
  };
  const stop = () => { source?.close(); source = null; };
  // A browser opens few connections to a server: pages in the background give theirs up.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return stop();
    start();
    plan();
  });
  document.addEventListener("focusout", () => {
    if (isWaiting) plan();
  });
  if (!document.hidden) start();
  poll();
}

/** What happened between the rendering of the page and the beginning of the events is on no page yet. */
async function catchUp() {
  const { newest, newestAt } = document.body.dataset;
  const response = await fetch(newestAt).catch(() => null);
  if (response?.ok && (await response.text()) !== newest) plan();
}

function plan() {
  if (!timer) timer = setTimeout(refresh, Math.max(PAUSE, latest + INTERVAL - performance.now()));
}

function poll() {
  if (document.querySelector("[data-poll]")) plan();
}

async function refresh() {
  latest = performance.now();
  try {
    // The header leaves the notice of a form to the page that is opened next.
    const headers = { Accept: "text/html", "PKB-Sandbox-Console": "script" };
    const response = await fetch(window.location.href, { headers });
    if (response.ok) replaceParts(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch { /* the server is gone: what is on the page stays */ }
  timer = 0;
  poll();
}

function replaceParts(fresh) {
  isWaiting = false;
  for (const part of document.querySelectorAll("[data-live][id], [data-poll][id]")) {
    const newer = fresh.getElementById(part.id);
    part.classList.remove("fresh");
    if (!part.className) part.removeAttribute("class");
    if (newer) keepOpen(part, newer);
    if (!newer || newer.isEqualNode(part)) continue;
    if (part.contains(document.activeElement)) {
      isWaiting = true;
      continue;
    }
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
