// Keep the list of traffic live: new rows, rendered by the server, go on top. It can be paused.
import { listen } from "./events.js";

const list = document.querySelector("[data-rows]");
const news = document.querySelector("[data-news]");
const state = document.querySelector("[data-state]");
const pause = document.querySelector("[data-pause]");
const MOST_ROWS = 500;
let isPaused = false;
let isFetching = false;
let isWaiting = false;

async function fetchNewer() {
  if (isPaused) return;
  if (isFetching) {
    isWaiting = true;
    return;
  }
  isFetching = true;
  try {
    const address = new URL(list.dataset.rows, window.location.href);
    address.searchParams.set("after", list.querySelector("[data-exchange]")?.dataset.exchange ?? "");
    const response = await fetch(address);
    if (response.ok) insert(new DOMParser().parseFromString(await response.text(), "text/html"));
  } finally {
    isFetching = false;
  }
  if (isWaiting) {
    isWaiting = false;
    setTimeout(fetchNewer, 200); // many exchanges in a row are fetched together
  }
}

function insert(page) {
  const present = new Set([...list.querySelectorAll("[data-exchange]")].map((row) => row.dataset.exchange));
  const rows = [...page.querySelectorAll("[data-exchange]")].filter((row) => !present.has(row.dataset.exchange));
  if (!rows.length) return;
  list.querySelector("ol").prepend(...rows);
  for (const row of [...list.querySelectorAll("[data-exchange]")].slice(MOST_ROWS)) row.remove();
  news.textContent = rows.length === 1 ? "1 new exchange" : `${rows.length} new exchanges`;
}

function showState() {
  if (!state) return;
  state.hidden = pause.hidden = false;
  state.textContent = isPaused ? "paused" : "live";
  state.classList.toggle("info", !isPaused);
  pause.textContent = isPaused ? "Go on" : "Pause";
}

if (list?.dataset.live === "yes") {
  const source = listen({ exchange: fetchNewer });
  source.addEventListener("open", fetchNewer);
  showState();
  pause?.addEventListener("click", () => {
    isPaused = !isPaused;
    showState();
    fetchNewer();
  });
}

// An empty list: its first row comes with the page, once there is one that fits.
const empty = document.querySelector("[data-rows-to-come]");
if (empty) {
  listen({
    exchange: async () => {
      const response = await fetch(empty.dataset.rowsToCome);
      if ((await response.text()).includes("data-exchange")) window.location.reload();
    },
  });
}
