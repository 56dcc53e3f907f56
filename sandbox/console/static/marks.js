// Marks with the same data-datum are the same fact: pointing at one lights up the others.
export function lightUp(element, isOn) {
  const datum = element.closest?.("[data-datum]")?.dataset.datum;
  if (datum === undefined) return;
  for (const mark of document.querySelectorAll(`[data-datum="${CSS.escape(datum)}"]`)) mark.classList.toggle("lit", isOn);
}
