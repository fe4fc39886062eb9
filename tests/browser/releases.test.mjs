// Releases as people look at them: the list, one release with what came with it, the verdict on it, and what of them an
// issue's page shows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { callApi, sendEvent, sendSessions, settled } from "./api.mjs";
import { launchBrowser, signedIn, watch } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";

const ORG = "/organizations/lighttrace";
const HOUR_MS = 3_600_000;
const OLD = "shop@2.14.2";
const NEW = "shop@2.14.3";

let server, browser, page, watched;
let sent = 0;

const ago = (hours) => new Date(Date.now() - hours * HOUR_MS).toISOString();

before(async () => {
  server = await startServer({ withAccount: true });
  browser = await launchBrowser();
  await declare(OLD, 30, "1");
  await declare(NEW, 5, "2");
  for (let n = 0; n < 6; n++) await send("old trouble", OLD, 28 - n);
  for (let n = 0; n < 4; n++) await send("old trouble", NEW, 4 - n / 2);
  for (let n = 0; n < 9; n++) await send("new trouble", NEW, 4 - n / 4);
  for (let hour = 28; hour >= 5; hour--) await sessions(OLD, hour, { exited: 400, errored: 4, crashed: 1 });
  for (let hour = 4; hour >= 1; hour--) await sessions(NEW, hour, { exited: 90, errored: 3, crashed: 7 });
  await settled(server);
  page = await (await signedIn(browser, server)).newPage();
  watched = watch(page, server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A release of one commit that was deployed so many hours ago. */
async function declare(version, hours, digit) {
  const commit = {
    id: digit.repeat(40),
    message: `pay: charge ${digit} times`,
    author_name: "Grace Hopper",
    author_email: "grace@example.com",
    timestamp: ago(hours + 1),
    patch_set: [{ path: "shop/pay.py", type: "M" }],
  };
  const body = { version, projects: ["shop"], commits: [commit], dateReleased: ago(hours) };
  await callApi(server, `${ORG}/releases/`, { method: "POST", body });
  const deploy = { environment: "production", dateFinished: ago(hours) };
  await callApi(server, `${ORG}/releases/${encodeURIComponent(version)}/deploys/`, { method: "POST", body: deploy });
}

const sessions = (release, hours, counts) =>
  sendSessions(server, { release, environment: "production" }, [{ started: ago(hours), ...counts }]);

async function send(word, release, hours) {
  sent += 1;
  await sendEvent(server, {
    event_id: `${sent}`.padStart(32, "0"),
    timestamp: ago(hours),
    platform: "python",
    fingerprint: [word],
    release,
    environment: "production",
    exception: { values: [{ type: "PaymentError", value: word, stacktrace: { frames: [
      { function: "charge", filename: "shop/pay.py", lineno: 42, in_app: true, context_line: "raise PaymentError()" },
    ] } }] },
  });
}

test("the list is sorted by version and narrowed to an environment", async () => {
  await page.goto("/releases");
  await page.getByRole("link", { name: NEW }).waitFor();
  await page.getByRole("row").filter({ hasText: NEW }).getByText("1 new").waitFor();
  await page.getByLabel("Sort by").selectOption("Version");
  await page.waitForURL(/sort=semver/);
  await page.getByLabel("Environment").selectOption("production");
  await page.waitForURL(/environment=production/);
  await watched.quiet();
  assert.deepEqual(await page.locator("a[data-row]").allInnerTexts(), [NEW, OLD]);
  await picture(page, "releases-list");
});

test("a release shows what came with it and of what it was made", async () => {
  await page.goto("/releases");
  await page.getByRole("link", { name: NEW }).click();
  const issues = page.getByRole("region", { name: "New issues" });
  await issues.getByRole("link", { name: /new trouble/ }).waitFor();
  assert.equal(await issues.getByRole("listitem").count(), 1);
  await page.getByRole("region", { name: "Commits" }).getByText("pay: charge 2 times").waitFor();
  await page.getByRole("region", { name: "Deploys" }).getByText("production").waitFor();
  await watched.quiet();
  await picture(page, "releases-one");
});

test("the health of a release is told by environment and time", async () => {
  await page.goto("/releases");
  const row = page.getByRole("row").filter({ hasText: NEW });
  await row.getByText("93.0 %").waitFor();
  await row.getByText("adopted").waitFor();
  await page.getByRole("row").filter({ hasText: OLD }).getByText("99.75 %").waitFor();
  await page.getByRole("link", { name: NEW }).click();
  const health = page.getByRole("region", { name: "Health" });
  await health.getByText("93.0 %").waitFor();
  await health.getByText("400", { exact: true }).waitFor();
  await health.getByRole("img", { name: /^400 sessions, at most 100 in 1 h/ }).waitFor();
  await health.getByTitle(/^Deployed to production/).waitFor();
  await watched.quiet();
  await picture(page, "releases-health");
  await health.getByLabel("Environment").selectOption("production");
  await page.waitForURL(/environment=production/);
  await health.getByText("7 d", { exact: true }).click();
  await page.waitForURL(/period=7d/);
  await page.reload();
  await health.getByRole("img", { name: /^400 sessions, at most \d+ in 6 h/ }).waitFor();
  assert.equal(await health.getByLabel("Environment").inputValue(), "production");
});

test("the verdict says in a sentence what it is made of", async () => {
  const { sentence, projects } = await callApi(server, `${ORG}/verdict/?release=${encodeURIComponent(NEW)}`);
  await page.goto(`/releases/${encodeURIComponent(NEW)}`);
  const verdict = page.getByRole("region", { name: "Verdict" });
  await verdict.getByRole("heading", { name: sentence }).waitFor();
  await verdict.getByRole("link", { name: "How this was judged" }).click();
  await page.waitForURL(/\/verdict$/);
  await page.getByRole("heading", { level: 1, name: `Verdict on ${NEW}` }).waitFor();
  const checks = page.getByRole("region", { name: "Verdict" }).getByRole("listitem");
  await checks.first().waitFor();
  assert.equal(await checks.count(), projects[0].checks.length);
  await page.getByRole("region", { name: "New issues" }).getByRole("link", { name: /new trouble/ }).waitFor();
  await watched.quiet();
  await picture(page, "releases-verdict");
});

test("an issue names the commit and the deploy that may have brought it", async () => {
  const [issue] = (await callApi(server, `${ORG}/issues/?query=`)).filter(({ title }) => title.includes("new trouble"));
  await page.goto(`/issues/${issue.shortId}`);
  const suspects = page.getByRole("region", { name: "Suspects" });
  await suspects.getByText("pay: charge 2 times").waitFor();
  await suspects.getByText(/Grace Hopper .*touches shop\/pay\.py, where charge failed/).waitFor();
  await suspects.getByRole("link", { name: /2\.14\.3 to production/ }).waitFor();
  await page.getByText("New in 2.14.3").waitFor();
  // The trend is marked with the deploy.
  await page.getByTitle(/shop@2\.14\.3 deployed to production/).waitFor();
  await watched.quiet();
  await picture(page, "releases-issue");
  await suspects.getByRole("link", { name: /2\.14\.3 to production/ }).click();
  await page.getByRole("heading", { level: 1, name: NEW }).waitFor();
});

test("a fix is watched: what old releases send is no alarm, what a new one sends is", async () => {
  const [issue] = (await callApi(server, `${ORG}/issues/?query=`)).filter(({ title }) => title.includes("old trouble"));
  const body = { status: "resolved", statusDetails: { inRelease: NEW } };
  await callApi(server, `${ORG}/issues/?id=${issue.id}`, { method: "PUT", body });
  await page.goto(`/issues/${issue.shortId}`);
  await page.getByText(/^Resolved in 2\.14\.3/).first().waitFor();
  await send("old trouble", OLD, 0);
  await page.getByText(/^Still seen in releases before the fix: 1 event, the last in 2\.14\.2/).first().waitFor();
  const watch = page.getByRole("region", { name: "Fix watch" });
  await watch.waitFor();
  assert.equal(await watch.getByText(/^Not fixed/).count(), 0);
  await watched.quiet();
  await picture(page, "releases-fix");
  await send("old trouble", NEW, 0);
  await page.getByText(/^Regressed: resolved in 2\.14\.3/).first().waitFor();
  await watch.getByText(/^Not fixed/).waitFor();
  await watch.getByRole("list", { name: "Events since, by release" }).getByText("has the fix").waitFor();
  await watched.quiet();
  await picture(page, "releases-regressed");
  await page.goto(`/releases/${encodeURIComponent(NEW)}`);
  await page.getByRole("region", { name: "Regressed issues" }).getByRole("link", { name: /old trouble/ }).waitFor();
});

test("a version that nobody knows says so", async () => {
  const stranger = await page.context().newPage();
  await stranger.goto("/releases/nobody@1/verdict");
  await stranger.getByRole("heading", { name: "Nothing is known of this release" }).waitFor();
  await stranger.close();
});

test("no page complained", () => {
  assert.deepEqual(watched.complaints, []);
});
