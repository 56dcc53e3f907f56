// A request to the Facade and one to Custom REST, from their forms.
import { walk } from "./session.mjs";

await walk(async ({ page, visit, check, screenshot }) => {
  const results = { findings: [] };
  for (const form of ["fhir", "rest"]) {
    await visit(`/_sandbox/console/try/${form}`);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.locator("#result").waitFor();
    results[form] = await page.locator("#result").textContent();
    results.findings.push(...(await check()));
    await screenshot(`try-${form}`);
  }
  await page.getByRole("textbox", { name: "Headers" }).fill("no header");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator("form [role=alert]:not([hidden])").waitFor();
  results.refused = await page.locator("form [role=alert]").textContent();
  results.kept = await page.getByRole("textbox", { name: "Headers" }).inputValue();
  return results;
});
