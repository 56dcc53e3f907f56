// Bring the current entry of a list of pages into view, where the list scrolls sideways.
export function showCurrent() {
  for (const entry of document.querySelectorAll("nav [aria-current=page]")) {
    const list = entry.parentElement;
    if (list.scrollWidth > list.clientWidth) list.scrollLeft = entry.offsetLeft - (list.clientWidth - entry.offsetWidth) / 2;
  }
}
