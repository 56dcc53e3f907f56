// The walk of docs/console.md: from the first page to a patient behind every door, with a picture of each step.
import { walk } from "./session.mjs";

await walk(async ({ page, argument, visit, check }) => {
  const { folder, message } = argument;
  const findings = {};
  const picture = async (name) => {
    const problems = await check();
    if (problems.length) findings[name] = problems;
    await page.evaluate(() => document.activeElement?.blur());
    if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
  };
  await visit("/_sandbox/console/");
  await picture("start");
  await page.getByRole("link", { name: /^Customer/ }).first().click();
  await page.locator('a.cell[href*="customer.hl7.send_data"]').click();
  await page.getByRole("button", { name: "Run it" }).click();
  await page.waitForURL(/exchange=/);
  await picture("cell");
  await visit("/_sandbox/console/try/hl7");
  await page.getByRole("textbox", { name: "Message" }).fill(message);
  await page.locator("[data-findings] .chip", { hasText: "AA" }).first().waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.waitForLoadState("load");
  await page.locator("#result").waitFor();
  await picture("editor");
  await visit("/_sandbox/console/traffic");
  await picture("traffic");
  await page.locator(".list a").first().click();
  await page.waitForURL(/\/traffic\//);
  await visit("/_sandbox/console/patients");
  await page.getByLabel(/Name, NHS/).fill("Adeyemi");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: /Adeyemi/ }).click();
  await page.waitForURL(/\/patients\//);
  await page.getByRole("link", { name: /Knee clinic review/ }).first().click();
  await page.waitForURL(/\/doors/);
  await picture("doors");
  await page.getByRole("link", { name: "Who sees what" }).click();
  await page.waitForURL(/\/access/);
  await picture("access");
  return findings;
}, { viewport: { width: 1180, height: 720 }, deviceScaleFactor: 1 });
