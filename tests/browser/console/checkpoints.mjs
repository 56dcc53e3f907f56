// A checkpoint is made; what a message changed since appears without a reload; the world goes back.
import { walk } from "./session.mjs";

await walk(async ({ page, argument, visit, check }) => {
  page.on("dialog", (dialog) => dialog.accept());
  await visit("/_sandbox/console/bench/checkpoints");
  await page.getByRole("textbox", { name: "Name" }).fill("before");
  await page.getByRole("button", { name: "Make the checkpoint" }).click();
  await page.getByRole("link", { name: "What changed since" }).click();
  await page.getByText("Nothing has changed.").waitFor();
  await page.context().request.post("/services/hl7", {
    headers: { Authorization: argument.authorization, "Content-Type": "text/xml" }, data: argument.message,
  });
  const text = await page.getByText("1 appointment booked").textContent();
  await page.locator("summary", { hasText: "values" }).click();
  const findings = await check();
  await page.getByRole("link", { name: "Checkpoints" }).click();
  await page.getByRole("button", { name: "Go back to it" }).click();
  const done = await page.getByRole("status").textContent();
  await page.getByRole("link", { name: "What changed since" }).click();
  await page.getByText("Nothing has changed.").waitFor();
  return { text, done, findings };
}, { baseURL: process.argv[2] });
