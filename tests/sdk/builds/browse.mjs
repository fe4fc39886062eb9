// Serves a built app from a loopback port, clicks its button in a real Chromium and waits until what was thrown is sent.
//
//   node browse.mjs FOLDER ENTRY     ENTRY is a page of the folder, or a script that a page is made for
// SHOP_DSN says where to send, SHOP_RELEASE of which release.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, resolve } from "node:path";

const require = createRequire(new URL("../node/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const WAIT_MS_MAX = 30_000;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".map": "application/json" };
const [folder, entry] = process.argv.slice(2);
const executablePath = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
if (!executablePath) throw new Error("no Chromium: set CHROMIUM_PATH");

const shop = JSON.stringify({ dsn: process.env.SHOP_DSN, release: process.env.SHOP_RELEASE });
const made = {
  "/shop-settings.js": `window.shop = ${shop};`,
  "/": `<!doctype html><title>Shop</title><link rel="icon" href="data:,"><button id="checkout">Check out</button>
<script src="/shop-settings.js"></script><script type="module" src="/${entry}"></script>`,
};
const page = entry.endsWith(".html") ? `/${entry}` : "/";

async function content(path) {
  if (path in made) return made[path];
  const file = resolve(join(folder, path));
  return file.startsWith(resolve(folder)) && existsSync(file) ? readFile(file) : null;
}

const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  const body = await content(path);
  if (body === null) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "text/html" }).end(body);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const tab = await browser.newPage();
  tab.on("pageerror", (error) => console.error(error.message));
  const isEvent = (request) => request.url().includes("/envelope/") && request.postData()?.includes('"type":"event"');
  const sent = tab.waitForResponse((response) => isEvent(response.request()), { timeout: WAIT_MS_MAX });
  await tab.goto(`http://127.0.0.1:${server.address().port}${page}`);
  await tab.getByRole("button", { name: "Check out" }).click();
  const answer = await sent;
  if (answer.status() !== 200) throw new Error(`the server answered ${answer.status()}`);
} finally {
  await browser.close();
  server.close();
}
