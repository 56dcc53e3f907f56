// Traffic that a second client makes arrives on the open page; a pause holds it back; a filter keeps others out.
import { walk } from "./session.mjs";

await walk(async ({ page, base, visit, check, screenshot }) => {
  const results = { findings: [] };
  const call = (path) => fetch(`${base}${path}`);
  const rows = () => page.locator("[data-exchange]").count();
  const until = (count) => page.waitForFunction((n) => document.querySelectorAll("[data-exchange]").length === n, count);
  await call("/fhir/metadata");
  await visit("/_sandbox/console/traffic");
  await page.getByText("live", { exact: true }).waitFor();
  await call("/fhir/Patient");
  await until(2);
  results.first = await page.locator("[data-exchange] .what").first().textContent();
  results.fresh = await page.locator("[data-exchange].fresh").count();
  results.news = await page.locator("[data-news]").textContent();
  await page.getByRole("button", { name: "Pause" }).click();
  await call("/fhir/metadata");
  await page.waitForTimeout(400);
  results.paused = await rows();
  await page.getByRole("button", { name: "Go on" }).click();
  await until(3);
  await page.getByLabel("Outcome").selectOption("refused");
  await page.getByRole("button", { name: "Filter" }).click();
  results.filtered = await rows();
  await call("/fhir/metadata");
  await call("/fhir/Observation");
  await until(2);
  results.address = new URL(page.url()).search;
  results.findings.push(...(await check()));
  await page.locator("[data-exchange] a").first().click();
  results.explained = await page.locator(".why").first().textContent();
  results.findings.push(...(await check()));
  await call("/fhir/Appointment");
  await until(3);
  await screenshot("traffic");
  return results;
});
