// A message is loaded, spoiled, corrected and sent; findings come while it is typed.
import { walk } from "./session.mjs";

await walk(async ({ page, visit, check, screenshot }) => {
  const results = { findings: [] };
  await visit("/_sandbox/console/try/hl7");
  await page.getByRole("combobox", { name: "Example" }).selectOption("siu_s12");
  await page.getByRole("button", { name: "Load" }).click();
  const editor = page.getByRole("textbox", { name: "Message" });
  const text = await editor.inputValue();
  await editor.fill(text.replace("202604020930", "soon").replace("Bring your", "<img src=x onerror=alert(1)>"));
  await page.locator("[data-findings] .chip", { hasText: "AR" }).first().waitFor();
  results.place = await page.locator("[data-place]").first().textContent();
  results.summary = await page.locator("[data-summary]").textContent();
  await page.locator("[data-place]").first().click();
  results.selected = await editor.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  results.images = await page.locator("main img").count();
  results.findings.push(...(await check()));
  await screenshot("hl7-editor-refused");
  await editor.fill(text);
  await page.locator("[data-findings] .chip", { hasText: "AA" }).first().waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator("#result").waitFor();
  results.result = await page.locator("#result").textContent();
  results.findings.push(...(await check()));
  await screenshot("hl7-editor-sent");
  await page.getByRole("link", { name: "The exchange" }).click();
  results.exchange = await page.locator("h1").textContent();
  return results;
});
