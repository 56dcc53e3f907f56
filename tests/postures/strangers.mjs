// Attempts of pages of strangers at a sandbox on this machine, in a real browser. Prints, as JSON, what became of each.
// Arguments: the port of the sandbox, the port for the strangers' pages, and that of a proxy in front of the sandbox.
// Their names lead to this machine: evil.example (bound again), tests.example (the proxy), localhost (another port).

import { createRequire } from "node:module";
import { createServer } from "node:http";

const modules = createRequire(`${process.env.PKB_SANDBOX_TEST_NODE}/`);
const { chromium } = modules("playwright-core");

const [port, elsewhere, proxy] = process.argv.slice(2);
const html = "<!doctype html><link rel=icon href='data:,'><title>A stranger's page</title>";
const server = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(html));
await new Promise((ready) => server.listen(Number(elsewhere), "127.0.0.1", ready));

const browser = await chromium.launch({
  executablePath: process.env.PKB_SANDBOX_TEST_CHROMIUM,
  headless: true,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP *.example 127.0.0.1"],
});

// What a page tries, in its own context: each attempt ends in a word.
async function attempts(base) {
  const control = `${base}/_sandbox`;
  const word = async (work) => { try { return await work(); } catch (error) { return error.name; } };
  const fetched = (path, options) => word(async () => {
    const response = await fetch(control + path, options);
    return `${response.type} ${response.status}`;
  });
  const element = (name, attributes) => word(() => new Promise((done) => {
    const loaded = document.createElement(name);
    loaded.onload = () => done("load");
    loaded.onerror = () => done("error");
    Object.assign(loaded, attributes);
    document.head.append(loaded);
  }));
  const text = { method: "POST", headers: { "Content-Type": "text/plain" }, body: "{}" };
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
  return {
    "fetch, reading": await fetched("/credentials"),
    "fetch with cookies": await fetched("/credentials", { credentials: "include" }),
    "fetch without CORS, reading": await fetched("/credentials", { mode: "no-cors" }),
    "fetch without CORS, text": await fetched("/reset", { ...text, mode: "no-cors" }),
    "fetch with CORS, text": await fetched("/reset", text),
    "fetch with CORS, JSON": await fetched("/reset", json),
    "fetch, deleting": await fetched("/workspaces/canary", { method: "DELETE" }),
    "fetch of the console": await fetched("/console/start"),
    "a beacon": String(navigator.sendBeacon(`${control}/reset`, "{}")),
    "a picture": await element("img", { src: `${control}/credentials` }),
    "a script": await element("script", { src: `${control}/world` }),
    "a module": await element("script", { type: "module", src: `${control}/console/static/console.js` }),
    "a style sheet": await element("link", { rel: "stylesheet", href: `${control}/credentials` }),
    "a web socket": await word(() => new Promise((done) => {
      const socket = new WebSocket(`${control.replace("http", "ws")}/events`);
      socket.onopen = () => done("open");
      socket.onerror = () => done("error");
    })),
    "a stream of events": await word(() => new Promise((done) => {
      const stream = new EventSource(`${control}/events`);
      stream.onopen = () => done("open");
      stream.onerror = () => { stream.close(); done("error"); };
    })),
    "a service worker": await word(async () => {
      if (!navigator.serviceWorker) return "none";
      await navigator.serviceWorker.register(`${control}/console/static/console.js`);
      return "registered";
    }),
    "a worker": await word(() => new Promise((done) => {
      const worker = new Worker(`${control}/console/static/console.js`);
      worker.onerror = () => done("error");
    })),
  };
}

async function navigations(page, address, base) {
  const results = {};
  const visit = async (act) => {
    await page.goto(address);
    const [response] = await Promise.all([page.waitForNavigation(), page.evaluate(act, base)]);
    return response.status();
  };
  for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    results[`a form, ${enctype}`] = await visit(`((base) => {
      const form = Object.assign(document.createElement("form"), { action: base + "/_sandbox/reset", enctype: "${enctype}", method: "post" });
      document.body.append(form);
      form.submit();
    })("${base}")`);
  }
  for (const path of ["/_sandbox/credentials", "/_sandbox/console/traffic", "/_sandbox/console/try/hl7"]) {
    results[`a link to ${path}`] = await visit(`location.href = "${base}${path}"`);
  }
  return results;
}

// Which pages a frame shows: a frame that the browser does not show has an error page of its own.
async function framed(page, address, base, paths) {
  const shown = [];
  for (const path of paths) {
    await page.goto(address);
    await page.evaluate((url) => new Promise((done) => {
      const element = document.createElement("iframe");
      element.onload = () => done(true);
      element.src = url;
      document.body.append(element);
    }), base + path);
    const [frame] = page.mainFrame().childFrames();
    if (frame.url().startsWith(base) && !(await frame.content()).includes('"status":401')) shown.push(path);
  }
  return shown;
}

const results = {};
const direct = `http://localhost:${port}`;
for (const [name, address] of Object.entries({
  "another site": `http://evil.example:${elsewhere}/`,
  "another port": `http://localhost:${elsewhere}/`,
})) {
  const page = await browser.newPage();
  await page.goto(address);
  results[name] = { ...(await page.evaluate(attempts, direct)), ...(await navigations(page, address, direct)) };
  await page.close();
}
// Names that lead to the sandbox itself: the page is one of its own answers, so that fetches are of the same origin.
for (const [name, base] of Object.entries({
  "a name bound again": `http://evil.example:${port}`,
  "a name of a PKB API": `http://northmoor-r4.fhir-api.localhost:${port}`,
  "a name of this machine": `http://evil.localhost:${port}`,
  "the proxy": `http://tests.example:${proxy}`,
})) {
  const page = await browser.newPage();
  const first = `${base}/_sandbox/health/live`;
  await page.goto(first);
  const all = await page.evaluate(attempts, base);
  results[name] = Object.fromEntries(Object.entries(all).filter(([what]) => what.startsWith("fetch") || what.startsWith("a stream")));
  results[name].navigation = (await page.goto(`${base}/_sandbox/credentials`)).status();
  results[name].console = (await page.goto(`${base}/_sandbox/console/traffic`)).status();
  await page.close();
}
const page = await browser.newPage();
const paths = JSON.parse(process.argv[5]);
results.framed = await framed(page, `http://evil.example:${elsewhere}/`, direct, paths);
results["framed by itself"] = await framed(page, `${direct}/_sandbox/health/live`, direct, paths);
await page.close();
await browser.close();
server.close();
console.log(JSON.stringify(results));
