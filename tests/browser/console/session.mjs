// A walk through the console in Chromium: `walk(async ({ page, base, argument, visit, check, screenshot }) => result)`.
// Arguments of every script: the base URL, a JSON value for the walk, and a folder for screenshots (empty for none).
// A request to another host, an error of a script, and a violation of the content security policy end a walk.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const modules = createRequire(`${process.env.PKB_SANDBOX_TEST_NODE}/`);
const { chromium } = modules("playwright-core");
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf-8");

export async function walk(act, options = {}) {
  const [base, argument, folder] = process.argv.slice(2);
  const browser = await chromium.launch({
    executablePath: process.env.PKB_SANDBOX_TEST_CHROMIUM,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const trouble = [];
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.origin !== new URL(base).origin) trouble.push(`request to ${url.origin}`);
    });
    page.on("pageerror", (error) => trouble.push(String(error)));
    page.on("console", (message) => {
      const isStatus = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !isStatus) trouble.push(message.text());
    });
    const tools = {
      page, base, context, trouble,
      argument: JSON.parse(argument || "null"),
      visit: (path) => page.goto(path.startsWith("http") ? path : `${base}${path}`, { waitUntil: "load" }),
      check: () => checkPage(page),
      screenshot: (name) => (folder ? page.screenshot({ path: join(folder, `${name}.png`), fullPage: true }) : null),
    };
    const result = await act(tools);
    process.stdout.write(JSON.stringify({ result: result ?? null, trouble }));
  } finally {
    await browser.close();
  }
}

/** What is wrong with the page: axe's findings from "serious" up, scrolling sideways, text below 14 px. */
async function checkPage(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    const findings = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) findings.push(`the page scrolls sideways: ${root.scrollWidth} px`);
    for (const element of document.querySelectorAll("body *")) {
      const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      const isVisible = element.checkVisibility() && element.getClientRects().length > 0;
      if (hasText && isVisible && parseFloat(getComputedStyle(element).fontSize) < 14) {
        findings.push(`small text: ${element.tagName} ${element.textContent.trim().slice(0, 40)}`);
        break;
      }
    }
    return findings;
  });
}
