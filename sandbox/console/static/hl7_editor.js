// Lint the message while it is typed, and select the place of a finding in the text.
const editor = document.querySelector("[data-editor]");
const findings = document.querySelector("[data-findings]");
const summary = document.querySelector("[data-summary]");
const PAUSE = 350;
let timer;
let request;

async function lint() {
  request?.abort();
  request = new AbortController();
  const body = new URLSearchParams(new FormData(editor.form));
  body.set("_fragment", "1");
  try {
    const response = await fetch(editor.dataset.editor, { method: "POST", body, signal: request.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const problem = page.querySelector("[data-problem]");
    findings.replaceChildren(...(problem ? [problem] : page.body.childNodes));
    const count = findings.querySelectorAll(".findings li").length;
    summary.textContent = `${findings.querySelector(".chip")?.textContent ?? ""}: ${count} findings`;
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

function lintSoon() {
  clearTimeout(timer);
  timer = setTimeout(lint, PAUSE);
}

// The rows of the table of fields know where each field stands: its line, and its columns.
function select(place) {
  const rows = [...findings.querySelectorAll("tr[data-line]")];
  const cell = (row) => row.cells[0].textContent;
  const row = rows.find((row) => cell(row) === place) ?? rows.find((row) => cell(row).startsWith(place) || place.startsWith(cell(row)));
  if (!row) return;
  const lines = editor.value.split("\n");
  const present = lines.map((line, number) => [line, number]).filter(([line]) => line.trim());
  const [, number] = present[Number(row.dataset.line)] ?? [];
  if (number === undefined) return;
  const before = lines.slice(0, number).reduce((total, line) => total + line.length + 1, 0);
  editor.focus();
  editor.setSelectionRange(before + Number(row.dataset.start), before + Number(row.dataset.end));
}

editor.addEventListener("input", lintSoon);
editor.form.elements.credential.addEventListener("change", lint);
document.querySelector("[data-lint]").addEventListener("click", (event) => {
  event.preventDefault();
  lint();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-place]");
  if (button) select(button.dataset.place);
});
