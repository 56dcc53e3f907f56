// Copy the text of the block beside a button, and say that it was done.
export async function copyText(button) {
  const text = button.dataset.text ?? button.closest(".copyable").querySelector("pre, code").textContent;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea"); // without HTTPS, away from loopback, there is no clipboard
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}
