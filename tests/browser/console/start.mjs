// The five steps of Start for an integration type, with the keyboard alone: {type, title, cell} → what each page showed.
import { walk } from "./session.mjs";

const MOST_TABS = 250;

/** Press Tab until an element has the focus that matches a selector and contains a text. */
async function reach(page, selector, text) {
  await page.evaluate(() => document.activeElement?.blur());
  for (let count = 0; count < MOST_TABS; count += 1) {
    await page.keyboard.press("Tab");
    const isReached = await page.evaluate(
      ([sought, words]) => document.activeElement.matches(sought) && document.activeElement.textContent.includes(words),
      [selector, text],
    );
    if (isReached) return;
  }
  throw new Error(`no Tab reaches ${selector} with "${text}"`);
}

async function follow(page, selector, text, address) {
  await reach(page, selector, text);
  await Promise.all([page.waitForURL(address), page.keyboard.press("Enter")]);
  await page.waitForLoadState("load");
}

await walk(async ({ page, argument, visit, check, screenshot }) => {
  const { type, title, cell } = argument;
  const findings = {};
  const look = async (name) => {
    const problems = await check();
    if (problems.length) findings[name] = problems;
    await screenshot(`start-${type}-${name}`);
  };
  await visit("/_sandbox/console/start");
  await follow(page, "a.choice", title, /type=/);
  const first = await page.locator("tr.group th").first().textContent();
  await follow(page, `a.cell[href$="${cell}"]`, "", /\/start\/cell\//);
  await reach(page, ".snippets input:checked", "");
  await page.keyboard.press("ArrowRight");
  const code = await page.locator(".snippets .panel:visible").textContent();
  await follow(page, "button.first", "Run it", /exchange=/);
  const response = await page.locator("#response ~ .row .chip").allTextContents();
  await look("cell");
  await follow(page, ".steps a", "Capabilities", /\/start\/capabilities\//);
  await look("capabilities");
  await follow(page, ".steps a", "Credentials", /\/start\/credentials/);
  const cards = await page.locator("article.card").count();
  await look("credentials");
  await follow(page, ".steps a", "Hello", /\/start\/hello/);
  await follow(page, "button.first", "Run it", /exchange=/);
  const outcome = await page.locator("#response ~ .row .chip").allTextContents();
  await look("hello");
  const done = await page.locator(".steps li.done").count();
  await visit("/_sandbox/console/start/cell/app.facade.read_clinical");
  const language = await page.locator(".snippets input:checked").getAttribute("value");
  return { first, isPython: code.includes("import httpx"), response, cards, outcome, done, language, findings };
});
