// The documentation site: pages wide and light, narrow and dark; a search; code to copy; the switch to dark.
import { walk } from "./session.mjs";

await walk(async ({ page, context, argument, visit, check, screenshot }) => {
  const findings = {};
  for (const path of argument) {
    for (const [width, colorScheme] of [[1280, "light"], [390, "dark"]]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await visit(path);
      await screenshot(`site-${path.replace(/[^a-z]+/g, "-")}-${width}`);
      const wrong = await check();
      if (wrong.length) findings[`${path} ${width}`] = wrong;
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await visit("/_sandbox/docs/quickstart.html");
  await page.locator("div.highlight").first().hover();
  await page.getByRole("button", { name: "Copy" }).first().click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  await page.locator(".theme-toggle-content button").click();
  const theme = await page.evaluate(() => document.body.dataset.theme);
  await page.getByRole("textbox", { name: "Search" }).fill("held message");
  await page.keyboard.press("Enter");
  const first = page.locator("ul.search li a").first();
  await first.waitFor();
  await page.getByText(/Search finished/).waitFor();  // results are added one by one
  const results = await page.locator("ul.search li a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  await page.getByRole("link", { name: "Open the console" }).click();
  await page.waitForURL("**/_sandbox/console/**");
  return { findings, copied, theme, results };
});
