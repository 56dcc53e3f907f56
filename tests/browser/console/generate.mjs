// People are generated; the page counts them without a reload, and names some at the end.
import { walk } from "./session.mjs";

await walk(async ({ page, visit, check }) => {
  await visit("/_sandbox/console/bench/generate");
  await page.getByLabel("Patients", { exact: false }).first().fill("300");
  await page.getByRole("button", { name: "Generate", exact: true }).click();
  await page.locator("progress").waitFor();
  const findings = await check();
  await page.getByText("are new in this world.").waitFor({ timeout: 60000 });
  findings.push(...await check());
  return { text: (await page.locator("#generation .reading").textContent()).trim(), findings };
});
