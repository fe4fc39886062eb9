// From an issue to its trace and back: three real services, two of Sentry's SDKs and one of OpenTelemetry's, call each other, and
// one payment fails. Then a trace of thousands of spans, of which the page holds a few rows.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { promisify } from "node:util";
import { callApi, settled } from "./api.mjs";
import { launchBrowser, signedIn, watch } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { PUBLIC_KEY, root, startServer } from "./server.mjs";
import { largeTrace } from "./spans.mjs";

const KEYS = { gateway: PUBLIC_KEY, payments: "a".repeat(32), auth: "b".repeat(32) };
const PYTHON = join(root, ".venv/services/bin/python");
const SPANS = 3_000;
/** Rows in the document, whatever the number of spans: what is seen and a little around it. */
const ROWS_MAX = 150;
const skip = !existsSync(PYTHON) && "scripts/test-deps.sh installs the services";

let server, browser, page, watched;

before(async () => {
  if (skip) return;
  const projects = Object.entries(KEYS).map(([slug, key]) => `${slug}:${key}`);
  server = await startServer({ withAccount: true, settings: { LIGHTTRACE_PROJECTS: projects.join(",") } });
  const { host } = new URL(server.url);
  await promisify(execFile)(PYTHON, [join(root, "tests/sdk/services/request.py")], {
    env: {
      PATH: process.env.PATH,
      GATEWAY_DSN: `http://${KEYS.gateway}@${host}/1`,
      PAYMENTS_DSN: `http://${KEYS.payments}@${host}/2`,
      OTLP_URL: server.url,
      AUTH_KEY: KEYS.auth,
    },
  });
  await settled(server);
  browser = await launchBrowser();
  page = await (await signedIn(browser, server)).newPage();
  watched = watch(page, server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("an issue says where in its trace it failed, and leads there", { skip }, async () => {
  const [issue] = await callApi(server, "/organizations/lighttrace/issues/");
  await page.goto(`/issues/${issue.id}`);
  const card = page.getByRole("region", { name: "Trace", exact: true });
  await card.getByText(/^Failed \d+(\.\d+)? m?s into/).waitFor();
  assert.match(await card.textContent(), /POST \/api\/payment, in auth-service → GET \/token, 401/);
  const rows = card.getByRole("list", { name: "Spans around this error" }).getByRole("listitem");
  assert.equal(await rows.locator("[aria-current=true]").count(), 1, "the error's span is lit");
  await watched.quiet();
  await card.scrollIntoViewIfNeeded();
  await picture(page, "issue-trace");
  await card.getByRole("link", { name: "Open the trace" }).click();
  await page.waitForURL((url) => url.pathname.startsWith("/traces/") && url.searchParams.has("span"));
});

test("the trace shows three services, the error on its span, and leads back to the issue", { skip }, async () => {
  const grid = page.getByRole("treegrid");
  await grid.getByRole("row").nth(5).waitFor();
  const names = await grid.getByRole("row").allTextContents();
  const all = names.join("\n");
  for (const service of ["gateway", "payments", "auth-service"]) assert.match(all, new RegExp(service));
  assert.match(all, /GET \/token/);
  const chosen = grid.locator("[role=row][aria-selected=true]");
  assert.match(await chosen.textContent(), /payments|charge/);
  await watched.quiet();
  await picture(page, "trace");
  const panel = page.getByRole("complementary").filter({ hasText: "NotAuthenticated" }).or(page.getByRole("region").filter({ hasText: "NotAuthenticated" }));
  await panel.getByRole("link", { name: /NotAuthenticated/ }).first().click();
  await page.waitForURL((url) => url.pathname.startsWith("/issues/"));
  await page.getByRole("heading", { name: /NotAuthenticated/ }).first().waitFor();
});

test("performance counts the transactions, and a search finds the span", { skip }, async () => {
  await page.goto("/performance");
  await page.getByRole("link", { name: /POST \/api\/payment/ }).first().click();
  await page.getByRole("heading", { name: /POST \/api\/payment/ }).waitFor();
  await watched.quiet();
  await picture(page, "transaction");
  await page.goto("/traces?query=op%3Ahttp.server%20service%3Aauth-service");
  await page.getByText("GET /token").first().waitFor();
  await watched.quiet();
});

test("a trace of thousands of spans holds few rows, wherever one scrolls", { skip }, async () => {
  const trace = await largeTrace(server, SPANS);
  await settled(server);
  await page.goto(`/traces/${trace}`);
  const grid = page.getByRole("treegrid");
  await grid.getByRole("row").nth(5).waitFor();
  assert.ok(Number(await grid.getAttribute("aria-rowcount")) >= SPANS);
  const first = await grid.getByRole("row").nth(2).textContent();
  for (let turn = 0; turn < 10; turn++) {
    await page.mouse.move(700, 600);
    await page.mouse.wheel(0, 5_000);
  }
  await page.waitForFunction((before) => document.querySelectorAll("[role=treegrid] [role=row]")[2]?.textContent !== before, first);
  const rows = await grid.getByRole("row").count();
  assert.ok(rows < ROWS_MAX, `${rows} rows`);
  await page.getByRole("searchbox", { name: "Search in this trace" }).fill("id = 2999");
  await page.getByText("1 of 1").or(page.getByText("1 found")).waitFor();
  assert.deepEqual(watched.complaints, []);
});
