// Bundles a program for the browser, opens it in a real Chromium, and ends once its error has been sent; the page's
// errors go to stderr. Argument: the program.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../node/package.json", import.meta.url));
const esbuild = require("esbuild");
const { chromium } = require("playwright-core");

const bundle = await esbuild.build({
  entryPoints: [process.argv[2]],
  nodePaths: [fileURLToPath(new URL("../node/node_modules", import.meta.url))],
  bundle: true,
  write: false,
  format: "iife",
});
const script = bundle.outputFiles[0].contents;
const page = '<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,"><script src="/main.js"></script>';
const server = createServer((request, response) => {
  if (request.url === "/main.js") response.writeHead(200, { "Content-Type": "text/javascript" }).end(script);
  else response.writeHead(200, { "Content-Type": "text/html" }).end(page);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const executablePath = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
if (!executablePath) throw new Error("no Chromium: set CHROMIUM_PATH");
// Root has no sandbox in a container, and the page is our own.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const tab = await browser.newPage();
  tab.on("pageerror", (error) => console.error(error.message));
  const sent = tab.waitForEvent("requestfinished", (request) => /"type":"event"/.test(request.postData() ?? ""));
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await sent;
} finally {
  await browser.close();
  server.close();
}
