// Somebody who only reads: everything is there to be seen, and nothing is offered that the server would refuse.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible } from "./accessibility.mjs";
import { callApi, sendEvent, settled } from "./api.mjs";
import { launchBrowser, PHONE, signedIn, WAIT_MS_MAX, watch, WIDE } from "./browser.mjs";
import { fullEvent } from "./full-event.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";

const ORG = "/organizations/lighttrace";
const CHANGES = /^(Resolve|More ways to resolve|Archive|Reopen|Assign|Bookmark|Comment|Save this search…)$|^Priority|Assign$/;

let server, browser, page, watched, shortId;
const asked = [];

before(async () => {
  server = await startServer({ withAccount: true });
  browser = await launchBrowser();
  await sendEvent(server, fullEvent("a".repeat(32)));
  await settled(server);
  [{ shortId }] = await callApi(server, `${ORG}/issues/`);
  const shared = { type: 0, name: "Everything", query: "", visibility: "organization" };
  await callApi(server, `${ORG}/searches/`, { method: "POST", body: shared });
  page = await (await viewer()).newPage();
  watched = watch(page, server.url);
  page.on("request", (request) => request.method() !== "GET" && asked.push(`${request.method()} ${request.url()}`));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A window in which an invited viewer has made an account. */
async function viewer() {
  const body = { email: "vera@example.com", role: "viewer" };
  const { inviteLink } = await callApi(server, `${ORG}/members/`, { method: "POST", body });
  const context = await browser.newContext({ viewport: WIDE, baseURL: server.url, reducedMotion: "reduce" });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const account = { token: inviteLink.split("#").at(-1), name: "Vera Rubin", password: "correct horse battery" };
  const answer = await context.request.post("/api/0/auth/setup/", { data: account, headers: { "X-LightTrace-CSRF": "1" } });
  assert.equal(answer.status(), 200, await answer.text());
  return context;
}

/** Buttons and boxes of a page that change something. */
const offered = (on) => on.getByRole("button", { name: CHANGES }).or(on.locator("main input[type=checkbox]")).count();

/** Presses all keys that would change something; what they would open is open once the list of shortcuts is. */
async function pressAll() {
  for (const key of ["x", "e", "i", "a", "z", "?"]) await page.keyboard.press(key);
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByText("This list").waitFor();
  assert.equal(await page.locator("dialog[open]").count(), 1);
  for (const text of ["Resolve or reopen", "Assign", "Select it"]) assert.equal(await help.getByText(text).count(), 0, text);
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
}

test("the list offers a viewer no changes", async () => {
  await page.goto("/issues");
  await page.locator("a[data-row]").first().waitFor();
  assert.equal(await offered(page), 0);
  await page.keyboard.press("j");
  await pressAll();
  await picture(page, "viewer-issues");
  await page.getByRole("button", { name: "Saved searches…" }).click();
  const dialog = page.getByRole("dialog", { name: "Saved searches" });
  await dialog.getByRole("link", { name: /Everything/ }).waitFor();
  assert.equal(await dialog.getByRole("textbox").count(), 0);
  assert.equal(await dialog.getByRole("button").count(), 0);
  await page.keyboard.press("Escape");
});

test("an issue offers a viewer no changes", async () => {
  await page.goto(`/issues/${shortId}`);
  await page.getByRole("button", { name: "Copy link" }).waitFor();
  assert.equal(await offered(page), 0);
  await pressAll();
  await page.setViewportSize(PHONE);
  await assertAccessible(page, "an issue, for a viewer");
  await page.setViewportSize(WIDE);
});

test("where the code is, a viewer reads and does not say", async () => {
  await page.goto("/projects/shop/settings/source-links");
  await page.getByText("An admin says where the repository is.").waitFor();
  assert.equal(await page.locator("main").getByRole("button").count(), 0);
  await page.goto("/projects/shop/settings/source-maps");
  await page.getByRole("heading", { name: "No build has uploaded its source maps" }).waitFor();
  await page.getByRole("heading", { name: /^Upload with/ }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Delete/ }).count(), 0);
});

test("a member is offered them", async () => {
  const owner = await (await signedIn(browser, server)).newPage();
  await owner.goto("/issues");
  await owner.locator("a[data-row]").first().waitFor();
  assert.ok((await offered(owner)) >= 3, "two boxes and a seat");
  await owner.goto(`/issues/${shortId}`);
  await owner.getByRole("button", { name: "Resolve", exact: true }).waitFor();
  assert.ok((await offered(owner)) >= 3, "resolve, archive, assign");
});

test("nothing was asked of the server that a viewer may not do", () => {
  assert.deepEqual(asked, []);
  assert.deepEqual(watched.complaints, []);
});
