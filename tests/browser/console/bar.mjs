// The bar on top follows the world on every page, and leaves alone what a person types.
import { walk } from "./session.mjs";

await walk(async ({ page, visit }) => {
  await visit("/_sandbox/console/patients");
  await page.locator("main input[name=q]").fill("Ade");
  const put = (path, data) => page.context().request.put(`/_sandbox${path}`, { data });
  await put("/clock", { mode: "frozen", at: "2026-03-03T12:00:00Z" });
  await page.getByText("3 Mar 2026, 12:00").waitFor();
  for (let number = 0; number < 40; number++) await put("/clock", { advance: "P1D" }); // a stream of events starves nothing
  await page.getByText("12 Apr 2026, 12:00").waitFor();
  return page.locator("main input[name=q]").inputValue();
}, { baseURL: process.argv[2] });
