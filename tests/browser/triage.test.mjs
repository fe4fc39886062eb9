// Working through issues: many at once and taken back, by keyboard alone, in two tabs; searches that are kept; the
// events and tags of one issue.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { sendEvent } from "./api.mjs";
import { launchBrowser, WAIT_MS_MAX, watch, WIDE } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";

const ORG = "/api/0/organizations/lighttrace";
const CSRF = { "X-LightTrace-CSRF": "1" };
/** One issue each, the last one the newest. */
const WORDS = ["alpha", "bravo", "charlie", "delta", "echo"];

let server, browser, context, page;
const watched = [];

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  context = await browser.newContext({ viewport: WIDE, baseURL: server.url, reducedMotion: "reduce" });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const token = new URL(server.setUpLink).searchParams.get("token");
  const account = { token, email: "ada@example.com", name: "Ada Lovelace", password: "correct horse battery" };
  const answer = await context.request.post("/api/0/auth/setup/", { headers: CSRF, data: account });
  assert.equal(answer.status(), 200, await answer.text());
  for (const [issue, word] of WORDS.entries()) {
    for (let n = 0; n <= issue; n++) await send(word, issue, n);
  }
  await until(async () => {
    const found = await issues("");
    return found.length === WORDS.length && found.every(({ count }, at) => Number(count) === WORDS.length - at);
  });
  page = await openPage();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  const ids = (await issues("")).map(({ id }) => `id=${id}`).join("&");
  await context.request.put(`${ORG}/issues/?${ids}`, { headers: CSRF, data: { status: "unresolved", assignedTo: "" } });
});

async function openPage() {
  const opened = await context.newPage();
  watched.push(watch(opened, server.url));
  return opened;
}

async function send(word, issue, n, tags = { till: n % 2 ? "north" : "south" }) {
  const event = {
    event_id: `${issue + 1}${n}`.padStart(32, "0"),
    timestamp: new Date(Date.now() - 3_600_000 * Math.abs(WORDS.length - issue) - 60_000 * n).toISOString(),
    platform: "python",
    fingerprint: [word],
    release: `shop@2.${n}.0`,
    environment: n % 2 ? "staging" : "production",
    user: { id: `${n}`, email: `user${n}@example.com` },
    transaction: `/checkout/${word}`,
    tags,
    contexts: { trace: { trace_id: `${issue}${n}`.padStart(32, "a"), span_id: "b7ad6b7169203331" } },
    exception: { values: [{ type: "PaymentError", value: `${word} declined`, stacktrace: { frames: [
      { function: "charge", filename: "shop/pay.py", lineno: 42, in_app: true, context_line: `raise PaymentError("${word}")` },
    ] } }] },
  };
  await sendEvent(server, event);
}

async function issues(query) {
  const answer = await context.request.get(`${ORG}/issues/?limit=100&query=${encodeURIComponent(query)}`);
  return await answer.json();
}

const issueOf = async (word) => (await issues("")).find(({ title }) => title.includes(word));

/** Waits until something is so at the server. */
async function until(holds) {
  const end = Date.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `waited in vain until ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const row = (word, on = page) => on.getByRole("listitem").filter({ hasText: `${word} declined` });
const toast = (text) => page.getByRole("status").getByText(text);
const press = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** The name of what has the focus. */
const focused = () => page.evaluate("document.activeElement.textContent.trim()");

test("many issues are changed at once, and each gets its own state back", async () => {
  const [bravo, delta] = [await issueOf("bravo"), await issueOf("delta")];
  await context.request.put(`${ORG}/issues/?id=${bravo.id}`, { headers: CSRF, data: { status: "ignored" } });
  await context.request.put(`${ORG}/issues/?id=${delta.id}`, { headers: CSRF, data: { assignedTo: "me" } });
  const state = async () => (await issues("")).map(({ title, status, substatus, assignedTo }) => [title, status, substatus, assignedTo?.email]);
  const before = await state();

  await page.goto("/issues?query=+");
  await row("alpha").waitFor();
  await page.getByLabel("Select all on this page").check();
  await page.getByText("5 selected").waitFor();
  await picture(page, "triage-selected");
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await toast("5 issues resolved").waitFor();
  assert.deepEqual((await state()).map(([, status]) => status), WORDS.map(() => "resolved"));
  await page.getByRole("button", { name: "Undo" }).click();
  await toast("Undone").waitFor();
  assert.deepEqual(await state(), before);
  await row("bravo").getByText("archived").waitFor();

  // From the list of the unresolved they go, and come back.
  await page.goto("/issues");
  await row("alpha").waitFor();
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "Archive", exact: true }).click();
  await page.getByRole("menuitem", { name: "For good" }).click();
  await page.getByText("Nothing is unresolved").waitFor();
  await press("z");
  await row("alpha").waitFor();
  assert.deepEqual(await state(), before);
});

test("the list and an issue are worked through by keyboard alone", async () => {
  await page.goto("/issues");
  await row("echo").waitFor();
  await press("j", "j");
  assert.match(await focused(), /delta declined/);
  await press("k");
  assert.match(await focused(), /echo declined/);
  await press("x", "j", "j", "Shift+X");
  await page.getByText("3 selected").waitFor();
  await press("a");
  await page.getByRole("combobox", { name: "Assign to" }).waitFor();
  await picture(page, "triage-assign");
  await page.keyboard.type("ada");
  await press("Enter");
  await toast("3 issues assigned to Ada Lovelace").waitFor();
  assert.equal((await issues("")).filter(({ assignedTo }) => assignedTo?.email === "ada@example.com").length, 3);
  await press("Control+z");
  await toast("Undone").waitFor();
  assert.equal((await issues("")).filter(({ assignedTo }) => assignedTo).length, 0);

  // One is resolved; the focus goes on with the next.
  await page.goto("/issues");
  await row("echo").waitFor();
  await press("j", "j", "e");
  await toast("resolved").waitFor();
  await row("delta").waitFor({ state: "detached" });
  await page.locator("a[data-row]:focus", { hasText: "charlie" }).waitFor();
  await press("Enter");
  await page.waitForURL(/\/issues\/SHOP-3$/);
  await page.getByRole("heading", { level: 1, name: /charlie declined/ }).waitFor();
  await page.getByRole("button", { name: "Resolve", exact: true }).waitFor();
  await page.getByRole("region", { name: "Event", exact: true }).waitFor();

  await press("[");
  await page.waitForURL(/\/events\/0+31$/);
  await press("{");
  await page.waitForURL(/\/events\/oldest$/);
  await press("}");
  await page.waitForURL(/\/events\/latest$/);
  await press("t");
  await page.getByLabel("The last event at or before").waitFor();
  await press("Enter");
  await page.waitForURL(/\/events\/0+3\d$/);

  await press("a");
  await page.getByRole("dialog", { name: /Assign SHOP-3 to/ }).getByRole("option", { name: /Ada/ }).waitFor();
  await press("Enter");
  await toast("SHOP-3 assigned to Ada Lovelace").waitFor();
  const history = page.getByRole("complementary").locator("section", { has: page.getByRole("heading", { name: "Activity" }) });
  const newest = history.getByRole("listitem").first();
  await newest.getByText("Taken by Ada Lovelace").waitFor();
  await press("e");
  await toast("SHOP-3 resolved").waitFor();
  await page.getByRole("button", { name: "Reopen" }).waitFor();
  await newest.getByText("Resolved by Ada Lovelace", { exact: true }).waitFor();
  await press("z");
  await page.getByRole("button", { name: "Resolve", exact: true }).waitFor();
  await newest.getByText("Reopened by Ada Lovelace (undo)").waitFor();
  await picture(page, "triage-issue");

  for (let n = 0; n < 40 && !/^All events/.test(await focused()); n++) await press("Tab");
  await press("Enter");
  await page.waitForURL(/\/issues\/SHOP-3\/events$/);
  await page.getByRole("table").waitFor();
  await press("j", "j", "Enter");
  await page.waitForURL(/\/events\/0+3\d$/);
  await press("u");
  await page.waitForURL(/\/issues$/);
  await row("charlie").waitFor();
});

test("what is changed in one tab shows in the other, and no row moves", async () => {
  const other = await openPage();
  await other.goto("/issues");
  await row("echo", other).waitFor();
  const order = async () => await other.getByRole("listitem").filter({ hasText: "declined" }).locator("b").allInnerTexts();
  const before = await order();
  await page.goto("/issues");
  await row("delta").waitFor();
  await row("delta").getByRole("button", { name: /Assign$/ }).click();
  await page.getByRole("option", { name: /Ada Lovelace/ }).click();
  await row("delta", other).getByRole("button", { name: /assigned to Ada Lovelace/ }).waitFor();
  await row("delta").getByRole("checkbox").check();
  await press("e");
  await row("delta").waitFor({ state: "detached" });
  await row("delta", other).getByText("resolved").waitFor();
  assert.deepEqual(await order(), before);
  await other.close();
});

test("a search is kept, shared, renamed and deleted", async () => {
  await page.goto("/issues?query=is%3Aunresolved+till%3Anorth&sort=freq");
  await row("echo").waitFor();
  await page.getByRole("button", { name: "Save this search…" }).click();
  await page.getByLabel(/^Keep/).fill("North tills");
  await page.getByLabel("Share it with everybody").check();
  await page.keyboard.press("Enter");
  const tab = page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "North tills" });
  await tab.waitFor();
  assert.equal(await tab.getAttribute("aria-current"), "true");
  await page.goto("/issues");
  await tab.click();
  await page.waitForURL(/till%3Anorth/);
  assert.match(page.url(), /sort=freq/);
  await page.reload();
  await tab.waitFor();
  await page.getByRole("button", { name: "Saved searches…" }).click();
  await page.getByRole("button", { name: "Rename North tills" }).click();
  await page.getByLabel("Name of North tills").fill("Tills");
  await press("Enter");
  await page.getByRole("dialog").getByRole("link", { name: /^Tills/ }).waitFor();
  await picture(page, "triage-saved");
  await page.getByRole("button", { name: "Delete Tills" }).click();
  const kept = page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Tills" });
  await kept.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await kept.waitFor();
});

test("a tag leads to its values, a value to the events that have it", async () => {
  await page.goto("/issues/SHOP-5");
  await page.getByRole("complementary").getByRole("link", { name: "till", exact: true }).click();
  await page.waitForURL(/\/tags\/till$/);
  await page.getByRole("row", { name: /south/ }).getByText("60 %").waitFor();
  await picture(page, "triage-tag");
  await page.getByRole("link", { name: "north", exact: true }).click();
  await page.waitForURL(/\/events\?query=till%3Anorth/);
  await page.getByText("2 of 2 events").waitFor();
  assert.equal(await page.getByRole("row").count(), 3, "the head and two events");
  await picture(page, "triage-events");
  await page.getByRole("button", { name: "All events" }).click();
  await page.getByText("5 events").waitFor();
  await page.getByRole("navigation", { name: "Pages of this issue" }).getByRole("link", { name: "Tags" }).click();
  await page.getByRole("heading", { name: /environment/ }).waitFor();
  await picture(page, "triage-tags");
});

test("a page further on survives a reload", async () => {
  const [first] = await issues("");
  await page.goto(`/issues?query=+&cursor=${Date.parse(first.lastSeen) * 1000}:${first.id}:0`);
  await row("delta").waitFor();
  assert.equal(await row("echo").count(), 0);
  await page.reload();
  await row("delta").waitFor();
  await page.getByRole("button", { name: "First page" }).click();
  await row("echo").waitFor();
  await page.goBack();
  await row("echo").waitFor({ state: "detached" });
});

test("all that a search finds is changed at once, also what is on other pages", async () => {
  const count = 60;
  for (let n = 0; n < count; n++) await send(`many ${n}`, 100 + n, 0, { till: "west" });
  const west = async (status) => (await issues(`is:${status} till:west`)).length;
  await until(async () => (await west("unresolved")) === count);
  await page.goto("/issues?query=is%3Aunresolved+till%3Awest");
  await page.getByText(`50 of ${count} issues`).waitFor();
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: `Select all ${count} issues` }).click();
  await page.getByText(`All ${count} issues selected`).waitFor();
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await toast(`${count} issues resolved`).waitFor();
  assert.equal(await west("resolved"), count);
  await page.getByText("Nothing matches").waitFor();
  await page.getByRole("button", { name: "Undo" }).last().click();
  await page.getByText(`50 of ${count} issues`).waitFor();
  assert.equal(await west("unresolved"), count);

  // The next page, and back: the browser knows the way, and the keyboard goes on where it was.
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText(`10 of ${count} issues`).waitFor();
  await press("j", "j", "Enter");
  await page.getByRole("heading", { level: 1, name: /many/ }).waitFor();
  const opened = await page.getByRole("heading", { level: 1 }).innerText();
  await page.goBack();
  await page.locator("a[data-row]:focus").waitFor();
  assert.ok(opened.endsWith((await focused()).replace(/^PaymentError\s*/, "")), opened);
});

test("no page complained", () => {
  assert.deepEqual(watched.flatMap(({ complaints }) => complaints), []);
});
