// Serves the page from a loopback port, clicks its button in a real Chromium and prints, as one JSON line, what was sent.
// REPORT_MODE: exception (default), message, transaction, csp-report-uri.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

// The packages stand beside the Node programs, so that one lock file pins them all.
const require = createRequire(new URL("../node/package.json", import.meta.url));
const esbuild = require("esbuild");
const { chromium } = require("playwright-core");

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const mode = process.env.REPORT_MODE ?? "exception";
const release = process.env.REPORT_RELEASE ?? "shop-browser@2.4.1";
const dsn = process.env.SENTRY_DSN;

const executablePath = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
if (!executablePath) throw new Error("no Chromium: set CHROMIUM_PATH");

// SENTRY_MODULE names another generation of the SDK.
const sdkModule = process.env.SENTRY_MODULE || "@sentry/browser";
const bundle = await esbuild.build({
  entryPoints: [here("page.js")],
  alias: sdkModule === "@sentry/browser" ? {} : { "@sentry/browser": sdkModule },
  nodePaths: [here("../node/node_modules")],
  bundle: true,
  write: false,
  format: "iife",
  target: "es2022",
});
const script = bundle.outputFiles[0].contents;

/** `http://KEY@HOST/PROJECT` names the address that takes a browser's own policy reports. */
function securityEndpoint() {
  const { username, protocol, host, pathname } = new URL(dsn);
  return `${protocol}//${host}/api${pathname}/security/?sentry_key=${username}&sentry_release=${encodeURIComponent(release)}&sentry_environment=staging`;
}

function policyHeaders() {
  if (mode !== "csp-report-uri") return {};
  const policy = "default-src 'self' 'unsafe-inline'; connect-src *; img-src 'self' data:";
  return { "Content-Security-Policy": `${policy}; report-uri ${securityEndpoint()}` };
}

const pageHtml = `<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
<button id="checkout">Check out</button>
<script>window.reportSettings = ${JSON.stringify({ dsn, release, mode })};</script>
<script src="/static/shop.js"></script>
${mode === "csp-report-uri" ? '<img src="http://tracker.example.com/pixel.png" alt="">' : ""}`;

const server = createServer((request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  if (path === "/static/shop.js") return response.writeHead(200, { "Content-Type": "text/javascript" }).end(script);
  if (path === "/gateway/charge") return response.writeHead(502).end();
  if (path !== "/cart") return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": "text/html", ...policyHeaders() }).end(pageHtml);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({
  executablePath,
  // Root has no sandbox in a container, and the page is our own.
  args: ["--no-sandbox"],
});
try {
  const page = await browser.newPage();
  // The browser sends a policy report by itself, outside the page; an event is known by its item header.
  const isReport = (request) =>
    request.url().includes("/security/") || /"type":"event"/.test(request.postData() ?? "");
  // Chromium never tells the end of a policy report's request, only its start.
  const reported = page.waitForEvent(mode === "csp-report-uri" ? "request" : "requestfinished", isReport);
  await page.goto(`${origin}/cart?step=pay`);
  if (mode !== "csp-report-uri") await page.getByRole("button", { name: "Check out" }).click();
  await reported;
  await page.evaluate("window.flushReports()");
} finally {
  await browser.close();
  server.close();
}

const titles = {
  message: "stock is low for sku 8812",
  "csp-report-uri": "Blocked 'image' from 'tracker.example.com'",
};
const isException = titles[mode] === undefined;
const sent = {
  event_id: null,
  type: isException ? "PaymentDeclined" : null,
  value: titles[mode] ?? "Card declined for 42.5 EUR",
  cause: isException ? { type: "RangeError", value: "gateway answered 502" } : null,
  // Outermost first, as frames are listed.
  in_app_functions: ["checkoutShoppingCart", "chargeCardWithGateway"],
  library: null,
  release,
  environment: "staging",
  user: { id: "4711", email: "ada@example.com", username: "ada" },
  tags: { tenant: "acme", plan: "gold" },
  breadcrumbs: [
    { category: "ui.click", message: "body > button#checkout", level: null },
    { category: "console", message: "cart loaded with 3 items", level: "info" },
    // Its level depends on the SDK's generation.
    { category: "fetch", message: null, level: null },
    { category: "cart", message: "voucher quetzalcoatl applied", level: "debug" },
  ],
  context: { cart: { items: 3, currency: "EUR" } },
};
process.stdout.write(`${JSON.stringify(sent)}\n`);
