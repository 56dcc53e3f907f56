// Remember the language that was chosen for one call, and show all calls of this and later pages in it.
const KEY = "pkb-language";

function choose(language) {
  for (const input of document.querySelectorAll("[data-snippets] > input")) {
    if (input.value === language) input.checked = true;
  }
}

export function rememberLanguage() {
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-snippets] > input")) return;
    choose(target.value);
    try { localStorage.setItem(KEY, target.value); } catch { /* a browser that keeps nothing */ }
  });
  try { choose(localStorage.getItem(KEY)); } catch { /* a browser that keeps nothing */ }
}
