// The code grant in a browser: a client is issued, a person is filled in and approves, tokens come, a refusal is explained.
import { walk } from "./session.mjs";

await walk(async ({ page, visit, check, screenshot }) => {
  const results = { findings: [] };
  const button = (name) => page.getByRole("button", { name, exact: true });
  await visit("/_sandbox/console/try/oauth");
  results.findings.push(...(await check()));
  await screenshot("oauth-first");
  await button("Issue the client").click();
  await button("Begin").click();
  await page.getByRole("link", { name: "Open the sign-in page" }).waitFor();
  results.findings.push(...(await check()));
  await screenshot("oauth-begun");
  await page.getByRole("link", { name: "Open the sign-in page" }).click();
  await page.getByRole("button", { name: /Tola Adeyemi/ }).click();
  results.email = await page.getByLabel("E-mail address").inputValue();
  results.findings.push(...(await check()));
  await screenshot("oauth-sign-in");
  await button("Approve").click();
  await button("Another code_verifier").click();
  await page.locator(".why", { hasText: "code_verifier" }).first().waitFor();
  results.refused = await page.locator("section.why").first().textContent();
  for (const name of ["Exchange the code for tokens", "Call GET /users/self", "Refresh the tokens"]) {
    await button(name).click();
    await page.locator("details[open] summary b", { hasText: name }).waitFor();
  }
  await page.getByText("The walk is complete").waitFor();
  results.steps = await page.locator("details.card summary b").allTextContents();
  results.findings.push(...(await check()));
  await screenshot("oauth-complete");
  await page.setViewportSize({ width: 390, height: 900 });
  results.findings.push(...(await check()));
  await screenshot("oauth-complete-narrow");
  return results;
});
