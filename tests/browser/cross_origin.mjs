// What pages may do to a sandbox, in a real browser. Prints, as JSON, what became of each attempt, in order.
// Arguments: the base URL of the sandbox, the port for a page of another origin, and a JSON list of attempts:
// `{"page": "own" | "foreign" | "frame", "fetch": [url, options]}`, `{"page": …, "form": {"action", "enctype"}}`
// or `{"page": …, "image": url}`. A frame is sandboxed: its origin is `null`.

import { createRequire } from "node:module";
import { createServer } from "node:http";

const modules = createRequire(`${process.env.PKB_SANDBOX_TEST_NODE}/`);
const { chromium } = modules("playwright-core");

const [base, port, requested] = process.argv.slice(2);
const html = "<!doctype html><link rel=icon href='data:,'><title>A page</title><iframe sandbox='allow-scripts' srcdoc='x'></iframe>";
const elsewhere = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(html));
await new Promise((ready) => elsewhere.listen(Number(port), "localhost", ready));

const browser = await chromium.launch({
  executablePath: process.env.PKB_SANDBOX_TEST_CHROMIUM,
  headless: true,
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

async function fetched([url, options]) {
  try {
    const response = await fetch(url, options);
    return { type: response.type, status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  } catch (error) {
    return { error: error.name };
  }
}

async function attempt({ page: where, fetch: request, form, image }) {
  const page = await browser.newPage();
  await page.goto(where === "own" ? `${base}/_sandbox/health/live` : `http://localhost:${port}/`);
  const frame = where === "frame" ? page.frames()[1] : page.mainFrame();
  try {
    if (request) return await frame.evaluate(fetched, request);
    if (image) return await frame.evaluate((url) => new Promise((done) => {
      const loaded = new Image();
      loaded.onload = loaded.onerror = (event) => done({ event: event.type });
      loaded.src = url;
    }), image);
    const [response] = await Promise.all([
      page.waitForNavigation(),
      frame.evaluate(({ action, enctype }) => {
        const sent = Object.assign(document.createElement("form"), { action, enctype, method: "post" });
        document.body.append(sent);
        sent.submit();
      }, form),
    ]);
    return { status: response.status() };
  } finally {
    await page.close();
  }
}

const results = [];
for (const one of JSON.parse(requested)) results.push(await attempt(one));
await browser.close();
elsewhere.close();
console.log(JSON.stringify(results));
