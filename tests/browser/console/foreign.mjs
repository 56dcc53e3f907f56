// What the content security policy of a page blocks: an inline script, an inline style, a foreign picture and call.
import { walk } from "./session.mjs";

await walk(async ({ page, trouble, visit }) => {
  const failures = [];
  page.on("requestfailed", (request) => failures.push([new URL(request.url()).host, request.failure().errorText]));
  await visit("/_sandbox/console/start");
  const blocked = await page.evaluate(async () => {
    const violations = [];
    document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.wasRun = true";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", '<p style="color: red">x</p><img src="https://example.org/x.png">');
    await fetch("https://example.org/").catch(() => {});
    await new Promise((done) => { setTimeout(done, 500); });
    return { violations: [...new Set(violations)].sort(), wasRun: window.wasRun === true };
  });
  trouble.length = 0; // the policy reports what it blocks as errors: they are what is looked for
  return { ...blocked, failures: failures.filter(([host]) => host === "example.org").map(([, reason]) => reason) };
});
