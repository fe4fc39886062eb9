// Every route of the app is visited, pictured and judged by axe in both themes. A new route is visited by itself, unless
// its address has a part that nothing here knows: then this test says so.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { callApi, sendEvent, sendTransaction, settled } from "./api.mjs";
import { launchBrowser, openEverything, signedIn, WAIT_MS_MAX, watch } from "./browser.mjs";
import { fullEvent } from "./full-event.mjs";
import { picture } from "./picture.mjs";
import { root, startServer } from "./server.mjs";
import { RELEASE, uploadBuild } from "./upload.mjs";

const EVENT = (0xe000_0000).toString(16).padStart(32, "0");
/** Where the event happened. */
const [TRACE, SPAN] = ["b".repeat(32), "b".repeat(16)];
/** Pages that are open at once. */
const TABS = 2;
/** Only a server that nobody has set up shows it: first-ten-minutes.test.mjs pictures it. */
const ELSEWHERE = ["/setup"];
/** The parts of a project's settings. */
const SECTIONS = ["general", "keys", "limits", "scrubbing", "explanations", "retention", "delete"];
/** What a page shows only when it is asked for. */
const ASKED = {
  "/search": ["query=formatted", "query=formatted&by=issues", "query=%22open", "query=xiuhtecuhtli"],
  "/issues": ["query=formatted", "query=xiuhtecuhtli", "query=%22open", "sort=urgency"],
  "/issues/:issue": ["frames=all", "frames=text", "code=minified", "json=1", "reproduce=1&beside=choose"],
  "/issues/:issue/timeline": ["period=14d"],
  "/issues/:issue/events": ["query=formatted", "query=xiuhtecuhtli"],
  "/issues/:issue/events/:event": ["find=crumb&at=breadcrumb+ui.click&from=%3Fquery%3Dcrumb"],
  "/compare": ["a=level%3Aerror", "against=before&aPeriod=24h", "a=level%3Aerror&against=other&b=level%3Ainfo", "a=%22open"],
  "/releases": ["query=xiuhtecuhtli"],
  "/traces": ["query=status%3Aerror", "query=xiuhtecuhtli", "query=%22open", "query=00f067aa0ba902b700f067aa0ba902b7"],
  "/performance": ["sort=-p95&period=7d", "query=xiuhtecuhtli"],
  "/performance/:transaction": ["period=7d"],
  "/alerts": ["status=all", "status=resolved&severity=critical"],
  "/alerts/rules/new": ["template=spike"],
  "/alerts/channels": ["new=1"],
  "/traces/:trace": [`span=${SPAN}`, "find=payment&zoom=100000-300000", "show=errors", "tab=errors", "span=0123456789abcdef"],
  "/projects/:project/settings/source-maps": ["upload=1", "query=xiuhtecuhtli"],
};

let server, browser, context, rule;

before(async () => {
  server = await startServer({ withAccount: true });
  browser = await launchBrowser();
  context = await signedIn(browser, server);
  rule = await callApi(server, "/organizations/lighttrace/alert-rules/", { method: "POST", body: RULE });
  await sendEvent(server, tracedEvent());
  await uploadBuild(server);
  await declareRelease();
  await sendTransaction(server, { ...TRANSACTION, trace: "a".repeat(32), span: "a".repeat(16) });
  await sendTransaction(server, { ...TRANSACTION, trace: "b".repeat(32), span: "b".repeat(16), status: "internal_error" });
  await settled(server);
});

/** With all that an event's page shows, also where in its trace it happened. */
function tracedEvent() {
  const event = fullEvent(EVENT);
  return { ...event, contexts: { ...event.contexts, trace: { trace_id: TRACE, span_id: SPAN, op: "http.server" } } };
}

/** With all that a release's page shows. */
async function declareRelease() {
  const author = { author_name: "Ada", author_email: "ada@example.com" };
  const commit = { id: "0123456789abcdef0123456789abcdef01234567", message: "pay: retry once\n\nThe bank", ...author, timestamp: "2026-11-20T12:00:00Z" };
  const release = { version: RELEASE, projects: ["shop"], commits: [commit], url: "https://ci.example/builds/1", ref: "v2.4.1" };
  const releases = "/organizations/lighttrace/releases/";
  await callApi(server, releases, { method: "POST", body: release });
  const deploy = { environment: "production", name: "deploy 42", url: "https://ci.example/deploys/42" };
  await callApi(server, `${releases}${encodeURIComponent(RELEASE)}/deploys/`, { method: "POST", body: deploy });
}

after(async () => {
  await browser?.close();
  await server?.stop();
});

const TRANSACTION = { name: "POST /api/payment" };
const RULE = { name: "New issues", trigger: { type: "new_issue" }, people: ["everyone"] };
const CHANNEL = { name: "#ops", type: "slack", url: "https://hooks.slack.example/services/T0/B0/secret" };

/** That a new issue was seen opens one; the server looks every few seconds. */
async function firstIncident() {
  const until = Date.now() + 3 * WAIT_MS_MAX;
  for (;;) {
    const [incident] = await callApi(server, "/organizations/lighttrace/incidents/?status=all");
    if (incident) return incident.id;
    assert.ok(Date.now() < until, "the first event opened no incident");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Transactions are counted a moment after they were stored. */
async function firstTransaction() {
  const until = Date.now() + 3 * WAIT_MS_MAX;
  for (;;) {
    const { data } = await callApi(server, "/organizations/lighttrace/transactions/");
    if (data[0]) return data[0].id;
    assert.ok(Date.now() < until, "no transaction was counted");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function readRoutes() {
  const table = await readFile(join(root, "web/src/routes/table.ts"), "utf8");
  const routes = [...table.matchAll(/\{[^{}]*?pattern: '([^']+)'[^{}]*?\}/g)];
  assert.ok(routes.length >= 10, `${routes.length} routes were read`);
  return routes.flatMap(([text, pattern]) => {
    const patterns = pattern.includes(":section") ? SECTIONS.map((section) => pattern.replace(":section", section)) : [pattern];
    return patterns.map((one) => ({ pattern: one, bare: text.includes("bare: true") }));
  });
}

test("every page is accessible in light and dark, wide and on a phone", async () => {
  const [issue] = await callApi(server, "/organizations/lighttrace/issues/?query=");
  const invited = { email: "vera@example.com", role: "viewer" };
  const { inviteLink } = await callApi(server, "/organizations/lighttrace/members/", { method: "POST", body: invited });
  const token = inviteLink.split("#").at(-1);
  const [{ bundleId: bundle }] = await callApi(server, "/projects/lighttrace/shop/files/artifact-bundles/");
  const version = encodeURIComponent(RELEASE);
  const incident = await firstIncident();
  const transaction = await firstTransaction();
  await callApi(server, "/organizations/lighttrace/notification-targets/", { method: "POST", body: CHANNEL });
  const values = { rule: rule.id, incident, transaction, org: "lighttrace", project: "shop", issue: issue.shortId, event: EVENT, tag: "level", token, bundle, version, trace: TRACE };
  const stranger = await browser.newContext({ baseURL: server.url, reducedMotion: "reduce" });
  stranger.setDefaultTimeout(WAIT_MS_MAX);
  const waiting = (await readRoutes()).filter(({ pattern }) => !ELSEWHERE.includes(pattern));
  const complaints = [];
  const work = async () => {
    for (let route = waiting.shift(); route; route = waiting.shift()) {
      complaints.push(...(await visit(route.bare ? stranger : context, route.pattern, values)));
    }
  };
  await Promise.all(Array.from({ length: TABS }, work));
  assert.deepEqual(complaints, []);
});

/** Opens a route in all the ways that it can be asked for, and pictures each; what the page complained of. */
async function visit(browserContext, pattern, values) {
  const path = pattern.replaceAll(/:(\w+)/g, (_, name) => {
    assert.ok(name in values, `pages.test.mjs has to know a value of :${name} to visit ${pattern}`);
    return values[name];
  });
  const page = await browserContext.newPage();
  const { complaints, quiet } = watch(page, server.url);
  for (const [index, asked] of ["", ...(ASKED[pattern] ?? [])].entries()) {
    await page.goto(asked ? `${path}?${asked}` : path);
    await page.locator("h1").first().waitFor();
    await quiet();
    const name = `page${pattern.replaceAll(/[/:]+/g, "-")}${index || ""}`;
    await picture(page, name);
    if (pattern === "/issues/:issue" && index === 0) {
      await openEverything(page);
      await quiet();
      await picture(page, `${name}-open`);
    }
  }
  await page.close();
  // A query that makes no sense is answered 400, which the page says.
  return complaints.filter((one) => !/\b400\b/.test(one));
}

test("overlays are accessible", async () => {
  const page = await context.newPage();
  await page.goto("/search");
  await page.locator("h1").first().waitFor();
  await page.keyboard.press("Escape");
  await page.locator("main").click({ position: { x: 5, y: 5 } });
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await picture(page, "overlay-help");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Search or jump" }).waitFor();
  await picture(page, "overlay-palette");
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.keyboard.type("le");
  await page.getByRole("listbox", { name: "Completions" }).getByRole("option").first().waitFor();
  await picture(page, "overlay-completion");
  await page.close();
});
