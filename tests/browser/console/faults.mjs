// A fault is set, hits a request of a client, is counted without a reload, and removed.
import { walk } from "./session.mjs";

await walk(async ({ page, argument, visit, check }) => {
  const post = (message) => page.context().request.post("/services/hl7", {
    headers: { Authorization: argument.authorization, "Content-Type": "text/xml" }, data: message,
  }).then((response) => response.text());

  await visit("/_sandbox/console/bench/faults");
  await page.getByRole("link", { name: "The next message gets AE" }).click();
  await page.getByRole("button", { name: "Add the rule" }).click();
  const added = await page.getByRole("status").textContent();
  const faulted = await post(argument.message);
  await page.locator("#fault-rules td.amount", { hasText: "1" }).waitFor();
  const findings = await check();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByText("No faults: every request").waitFor();
  const applied = await post(argument.message);
  return { added, faulted: /MSA\|\w\w/.exec(faulted)[0], applied: /MSA\|\w\w/.exec(applied)[0], findings };
}, { baseURL: process.argv[2] });
