// A patient follows the link of an invitation in the outbox, gives a wrong date of birth, then the right one.
import { walk } from "./session.mjs";

await walk(async ({ page, argument, visit, check }) => {
  await visit("/_sandbox/console/bench/outbox");
  const findings = await check();
  await page.getByRole("link", { name: "Register", exact: true }).click();
  await page.getByText("invites").waitFor();
  findings.push(...await check());
  await page.getByLabel("Date of birth").fill("1901-01-01");
  await page.getByLabel("Password").fill(argument.password);
  await page.getByRole("button", { name: "Register" }).click();
  const refusal = await page.locator(".why:visible").textContent();
  await page.getByLabel("Date of birth").fill(argument.born);
  await page.getByRole("button", { name: "Register" }).click();
  const done = await page.getByRole("status").textContent();
  await visit(argument.mailed); // PKB's own address
  const again = await page.locator(".why:visible").textContent();
  return { refusal, done, again, findings };
});
