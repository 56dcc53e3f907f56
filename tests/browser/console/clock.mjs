// The clock passes a release, and refuses a duration that is none without losing it.
import { walk } from "./session.mjs";

await walk(async ({ page, visit, check }) => {
  await visit("/_sandbox/console/bench/clock");
  await page.getByText("Release of laboratory result D-dimer").waitFor();
  await page.getByRole("button", { name: "1 week" }).click();
  const due = await page.getByRole("status").textContent();
  const findings = await check();
  const duration = page.getByRole("textbox", { name: "Another ISO 8601 duration" });
  await duration.fill("P1X");
  await page.getByRole("button", { name: "Advance", exact: true }).click();
  const refusal = await page.locator(".why:visible").textContent();
  return { due, refusal, kept: await duration.inputValue(), findings };
});
