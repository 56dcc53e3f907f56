// Send a form and stay on the page when the call is refused, so that nothing that was typed is lost.
export async function sendForm(event, form) {
  event.preventDefault();
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) return;
  const alert = form.querySelector("[role=alert]");
  const buttons = form.querySelectorAll("button");
  const body = new URLSearchParams(new FormData(form, event.submitter));
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: { "PKB-Sandbox-Console": "script" } });
    const next = response.headers.get("Location"); // not a redirect: fetch would follow it, and the notice would be shown to nobody
    if (response.ok && (next || response.redirected)) {
      goTo(new URL(next ?? response.url, window.location.href));
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    alert.textContent = page.querySelector("[data-problem]")?.textContent ?? `The server answered ${response.status}.`;
  } catch {
    alert.textContent = "The sandbox cannot be reached.";
  }
  alert.hidden = false;
  buttons.forEach((button) => { button.disabled = false; });
}

// To an address that differs from the page's own in its fragment alone, a browser would only scroll.
function goTo(address) {
  const { pathname, search } = window.location;
  if (address.hash && address.pathname === pathname && address.search === search) {
    window.history.replaceState(null, "", address);
    window.location.reload();
  } else {
    window.location.assign(address);
  }
}
