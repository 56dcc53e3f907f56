// The authorize page in a real browser, by keyboard only, with scripts off and on. Prints what became of it, as JSON.
// Arguments: the address of the page, an address that is at fault, a JSON object with `email`, `password` and
// `redirect`, and a folder for screenshots.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const modules = createRequire(`${process.env.PKB_SANDBOX_TEST_NODE}/`);
const { chromium } = modules("playwright-core");
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf-8");

const [address, faulty, given, folder] = process.argv.slice(2);
const { email, password, redirect } = JSON.parse(given);
const results = {};

// The app, on any free port: the browser looks for it there, whatever address it was registered with.
let answers = [];
const app = createServer((request, response) => {
  const asked = new URL(request.url, redirect);
  if (`${asked.origin}${asked.pathname}` === redirect) answers.push(Object.fromEntries(asked.searchParams));
  response.setHeader("Content-Type", "text/html");
  response.end("<!doctype html><link rel=icon href='data:,'><title>Done</title>");
});
await new Promise((ready) => app.listen(0, "127.0.0.1", ready));

const browser = await chromium.launch({
  executablePath: process.env.PKB_SANDBOX_TEST_CHROMIUM,
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    `--host-resolver-rules=MAP ${new URL(redirect).host} 127.0.0.1:${app.address().port}`,
  ],
});

/** Does something in a fresh browser profile; `answers` is what the app was sent meanwhile. */
async function visit(options, act) {
  const context = await browser.newContext({ viewport: { width: 900, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  answers = [];
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("console", (message) => {
    const status = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !status) trouble.push(message.text());
  });
  try {
    return { ...(await act(page)), answers, trouble };
  } finally {
    await context.close();
  }
}

/** The elements that Tab goes through, from the top of the page. */
async function order(page, steps) {
  const focused = [];
  for (let step = 0; step < steps; step += 1) {
    await page.keyboard.press("Tab");
    const element = page.locator(":focus");
    focused.push((await element.getAttribute("id")) ?? (await element.getAttribute("value")));
  }
  return focused;
}

/** Types without touching a mouse: the first field has the focus already. */
async function type(page, word, tabs) {
  await page.locator("#email:focus").waitFor();
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(word);
  for (let tab = 0; tab < tabs; tab += 1) await page.keyboard.press("Tab");
}

async function left(page) {
  await page.waitForURL((url) => url.href.startsWith(redirect));
  return { title: await page.title() };
}

const open = (page) => page.goto(address);
const shot = (page, name) => page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });

for (const [name, javaScriptEnabled] of [["without_scripts", false], ["with_scripts", true]]) {
  const options = { javaScriptEnabled };
  const result = (results[name] = {});
  result.approve_by_button = await visit(options, async (page) => {
    const response = await open(page);
    await shot(page, `authorize-${name}`);
    await type(page, password, 1);
    await shot(page, `authorize-filled-${name}`);
    await page.keyboard.press("Enter");
    return { status: response.status(), ...(await left(page)) };
  });
  result.approve_by_enter = await visit(options, async (page) => {
    await open(page);
    await type(page, password, 0);
    await page.keyboard.press("Enter");
    return left(page);
  });
  result.deny = await visit(options, async (page) => {
    await open(page);
    await type(page, password, 2);
    await page.keyboard.press("Enter");
    return left(page);
  });
  result.deny_at_once = await visit(options, async (page) => {
    await open(page);
    await page.locator("#email:focus").waitFor();
    for (let tab = 0; tab < 3; tab += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    return left(page);
  });
  result.wrong_password = await visit(options, async (page) => {
    await open(page);
    await type(page, "wrong", 1);
    await page.keyboard.press("Enter");
    return left(page);
  });
  result.nothing_typed = await visit(options, async (page) => {
    await open(page);
    await page.locator("#email:focus").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForTimeout(300);
    return { stays: page.url() === address };
  });
  result.order = await visit(options, async (page) => {
    await open(page);
    await page.locator("#email:focus").waitFor();
    return { focused: ["email", ...(await order(page, 3))] };
  });
  result.error_page = await visit(options, async (page) => {
    const response = await page.goto(faulty);
    await shot(page, `error-${name}`);
    return {
      status: response.status(),
      stays: page.url() === faulty,
      heading: await page.locator("h1").innerText(),
      forms: await page.locator("form").count(),
    };
  });
  result.asserted = await visit(options, async (page) => {
    await page.goto(`${address}&assertedLoginIdentity=${encodeURIComponent(email)}`);
    await shot(page, `asserted-${name}`);
    const focused = await order(page, 2);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    return { focused, ...(await left(page)) };
  });
}

/** What axe finds at fault; it is put in by the debugger, past the page's own policy. */
async function audit(target, options = {}) {
  return visit({ bypassCSP: true, ...options }, async (page) => {
    await page.goto(target);
    await page.addScriptTag({ content: axe });
    const found = await page.evaluate(() => globalThis.axe.run());
    const rules = (list) => list.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html) }));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    return { violations: rules(found.violations), unsure: rules(found.incomplete), passes: found.passes.length, wide };
  });
}

const phone = { viewport: { width: 320, height: 640 } };
results.axe = {
  page: await audit(address),
  page_on_a_phone: await audit(address, phone),
  page_in_the_dark: await audit(address, { colorScheme: "dark" }),
  asserted: await audit(`${address}&assertedLoginIdentity=${encodeURIComponent(email)}`),
  error: await audit(faulty),
  error_on_a_phone: await audit(faulty, phone),
};
await visit(phone, async (page) => {
  await open(page);
  await shot(page, "authorize-phone");
  return {};
});

await browser.close();
app.close();
console.log(JSON.stringify(results));
