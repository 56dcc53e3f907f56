// A conformance run is started, judges what comes while the page is open, and says what to do next.
import { walk } from "./session.mjs";

await walk(async ({ page, argument, visit, check, screenshot }) => {
  await visit("/_sandbox/console/bench/conformance?profile=appointments");
  await page.getByRole("button", { name: "Start the run" }).click();
  await page.getByText("Send SIU^S12 for appointment").first().waitFor();
  const before = await check();
  const id = await page.locator("#conformance-run td").nth(1).textContent();
  await page.context().request.post("/services/hl7", {
    headers: { Authorization: argument.authorization, "Content-Type": "text/xml" }, data: argument.message.replaceAll("APT-77120", id),
  });
  await page.getByText("start_at 2026-04-02T08:30:00Z").waitFor();
  const current = await page.locator("[aria-current=step] b").first().textContent();
  const after = await check();
  await screenshot("conformance-1280");
  await page.setViewportSize({ width: 390, height: 844 });
  const narrow = await check();
  await screenshot("conformance-390");
  await page.emulateMedia({ colorScheme: "dark" });
  await screenshot("conformance-390-dark");
  await page.getByRole("button", { name: "End the run" }).click();
  await page.getByText("Not started.").waitFor();
  await page.setViewportSize({ width: 1280, height: 900 });
  await screenshot("conformance-start-dark");
  return { current, findings: [...before, ...after, ...narrow] };
}, { baseURL: process.argv[2] });
