// What every page does: copy buttons, forms that show a refusal in place, and marks of the same datum that light up together.
import { copyText } from "./copying.js";
import { showCurrent } from "./current.js";
import { sendForm } from "./forms.js";
import { lightUp } from "./marks.js";
import { rememberLanguage } from "./snippets.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copyText(button);
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-control]");
  if (form) sendForm(event, form);
});
for (const name of ["pointerover", "focusin"]) document.addEventListener(name, (event) => lightUp(event.target, true));
for (const name of ["pointerout", "focusout"]) document.addEventListener(name, (event) => lightUp(event.target, false));
rememberLanguage();
showCurrent();
