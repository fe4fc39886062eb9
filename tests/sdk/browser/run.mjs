// Runs a module that uses the browser SDK, given by its path, in a real Chromium until it has sent what it caught;
// the page's errors go to stderr.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../node/package.json", import.meta.url));
const esbuild = require("esbuild");
const { chromium } = require("playwright-core");

const WAIT_MS_MAX = 20_000;
const executablePath = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
if (!executablePath) throw new Error("no Chromium: set CHROMIUM_PATH");

const bundle = await esbuild.build({
  entryPoints: [resolve(process.argv[2])],
  nodePaths: [fileURLToPath(new URL("../node/node_modules", import.meta.url))],
  bundle: true,
  write: false,
});
const page = `<!doctype html><title>Shop</title><script>${bundle.outputFiles[0].text.replaceAll("</script", "<\\/script")}</script>`;
const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(page));
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const tab = await browser.newPage();
  tab.on("pageerror", (error) => console.error(error.message));
  const isEvent = (request) => request.url().includes("/envelope/") && request.postData()?.includes('"type":"event"');
  const sent = tab.waitForResponse((response) => isEvent(response.request()), { timeout: WAIT_MS_MAX });
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  const answer = await sent;
  if (answer.status() !== 200) throw new Error(`the server answered ${answer.status()}`);
} finally {
  await browser.close();
  server.close();
}
