// Marks with a datum in common are the same fact: pointing at one, or focusing it, lights up the others.
export function lightUp(element, isOn) {
  const data = element.closest?.("[data-datum]")?.dataset.datum;
  if (data === undefined) return;
  for (const datum of data.split(" ")) {
    for (const mark of document.querySelectorAll(`[data-datum~="${CSS.escape(datum)}"]`)) mark.classList.toggle("lit", isOn);
  }
}
