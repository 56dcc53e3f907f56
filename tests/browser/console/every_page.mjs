// Opens pages in light and dark, at 1280 and 390 px; tells what is wrong with each.
import { walk } from "./session.mjs";

await walk(async ({ page, argument, visit, check, screenshot }) => {
  const results = {};
  for (const path of argument) {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        const response = await visit(path);
        const findings = response.status() === 200 ? await check() : [`status ${response.status()}`];
        const name = path.replace("/_sandbox/console/", "").replace(/[^A-Za-z0-9]+/g, "-").slice(0, 80);
        await screenshot(`${name}-${width}-${colorScheme}`);
        if (findings.length) results[`${path} ${width} ${colorScheme}`] = findings;
      }
    }
  }
  return results;
});
