// A message that was sent → the patient's page → the same datum behind every door → who sees it → the freeze.
import { walk } from "./session.mjs";

await walk(async ({ page, argument, visit, check, screenshot }) => {
  const { patient, name, subject, hostile, caller } = argument;
  const result = { findings: [] };
  const look = async (shot) => {
    result.findings.push(...(await check()));
    await screenshot(`patients-${shot}`);
  };
  const lit = () => page.evaluate(() => [...document.querySelectorAll("mark.lit")].map((mark) => ({
    door: mark.closest("[data-door]")?.dataset.door ?? "model", text: mark.textContent,
  })));

  await visit("/_sandbox/console/patients");
  await page.getByLabel(/Name, NHS/).fill(name);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: new RegExp(name) }).click();
  await page.waitForURL(`**/patients/${patient}`);
  await look("timeline");

  await page.getByRole("link", { name: new RegExp(subject) }).first().click();
  await page.waitForURL("**/doors**");
  result.doors = await page.locator(".door h3").allInnerTexts();
  const mark = page.locator('[data-door="hl7"] mark[data-datum~="start_at"]');
  await mark.hover();
  result.hovered = await lit();
  await look("doors-hovered");
  await page.mouse.move(0, 0);
  result.left = await lit();
  await page.locator('[data-door="facade"] mark[data-datum~="subject"]').focus();
  result.focused = await lit();
  await page.getByRole("link", { name: /This exchange in the traffic/ }).click();
  await page.waitForURL("**/traffic/**");
  result.exchange = await page.locator("h1").innerText();

  await visit(`/_sandbox/console/patients/${patient}/access`);
  await page.locator('select[name="as"]').selectOption(caller);
  await page.getByRole("button", { name: "View", exact: true }).click();
  await page.waitForURL("**as=stepwise-clinic**");
  result.hidden = await page.locator("table.view td", { hasText: "hidden" }).allInnerTexts();
  await look("view-as");

  await visit(`/_sandbox/console/patients/${patient}/acts`);
  await look("acts");
  await page.getByRole("button", { name: "Freeze access" }).click();
  await page.waitForURL("**/access");
  result.notice = await page.locator(".notice").innerText();
  result.chips = await page.locator("main .row .chip").allInnerTexts();
  result.rule = await page.locator(".why").first().innerText();
  await look("frozen");

  await visit(`/_sandbox/console/patients/${hostile}`);
  result.hostileHeading = await page.locator("h1").innerText();
  result.elements = await page.locator("main img, main script").count();
  await look("hostile");
  return result;
});
