// A message that is held appears while the page is open, and is approved.
import { walk } from "./session.mjs";

await walk(async ({ page, argument, visit, check }) => {
  await visit("/_sandbox/console/bench/held");
  await page.getByRole("button", { name: "Switch soft matching on" }).click();
  await page.getByRole("status").waitFor();
  await page.context().request.post("/services/hl7", {
    headers: { Authorization: argument.authorization, "Content-Type": "text/xml" }, data: argument.message,
  });
  await page.getByText("PID-7.1 (date of birth) differs").waitFor();
  const bar = await page.locator("#bar-held").textContent();
  const findings = await check();
  await page.getByRole("button", { name: "Approve: apply it" }).click();
  await page.getByText("No message waits.").waitFor();
  const done = await page.getByRole("status").textContent();
  const isCounted = await page.locator("#bar-held").isVisible();
  return { bar, done, isCounted, findings };
}, { baseURL: process.argv[2] });
