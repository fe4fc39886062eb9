// What is decided about one issue and about several: resolved in a release, archived until more events, merged and taken
// apart, marked, talked about; and what another tab sees of it.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { assertAccessible } from "./accessibility.mjs";
import { callApi, sendEvent, settled } from "./api.mjs";
import { launchBrowser, signedIn, watch } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";

const ORG = "/organizations/lighttrace";
/** One issue each, the last one with most events and the newest: a merged issue is called as its newest event. */
const WORDS = ["delta", "charlie", "bravo", "alpha"];

let server, browser, context, page, watched;
let sent = 0;

before(async () => {
  server = await startServer({ withAccount: true });
  browser = await launchBrowser();
  context = await signedIn(browser, server);
  for (const [at, word] of WORDS.entries()) {
    for (let n = 0; n <= at; n++) await send(word);
  }
  await settled(server);
  page = await context.newPage();
  watched = watch(page, server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  for (const { id } of await issues()) {
    await callApi(server, `${ORG}/issues/?id=${id}`, { method: "PUT", body: { status: "unresolved" } });
  }
});

async function send(word, release = "shop@2.14.0") {
  sent += 1;
  await sendEvent(server, {
    event_id: `${sent}`.padStart(32, "0"),
    timestamp: new Date(Date.now() - 60_000 + sent).toISOString(),
    platform: "python",
    fingerprint: [word],
    release,
    environment: "production",
    user: { id: `${sent}` },
    exception: { values: [{ type: "PaymentError", value: `${word} declined`, stacktrace: { frames: [
      { function: "charge", filename: "shop/pay.py", lineno: 42, in_app: true, context_line: `raise PaymentError("${word}")` },
    ] } }] },
  });
}

const issues = (query = "") => callApi(server, `${ORG}/issues/?limit=100&query=${encodeURIComponent(query)}`);
const issueOf = async (word) => (await issues()).find(({ title }) => title.includes(word));
const toast = (text) => page.getByRole("status").getByText(text);
const row = (word, on = page) => on.getByRole("listitem").filter({ hasText: `${word} declined` });

async function open(word) {
  const issue = await issueOf(word);
  await page.goto(`/issues/${issue.shortId}`);
  await page.getByRole("heading", { level: 1, name: new RegExp(`${word} declined`) }).waitFor();
  await page.getByRole("button", { name: "Archive", exact: true }).waitFor();
  return issue;
}

const history = () => page.getByRole("complementary").locator("section", { has: page.getByRole("heading", { name: "Activity" }) });

test("two issues become one, and the part is taken out again", async () => {
  const [alpha, bravo] = [await issueOf("alpha"), await issueOf("bravo")];
  const counts = Number(alpha.count) + Number(bravo.count);
  await page.goto("/issues");
  await row("alpha").getByRole("checkbox").check();
  await row("bravo").getByRole("checkbox").check();
  await page.keyboard.press("m");
  const dialog = page.getByRole("dialog", { name: "Merge issues" });
  await dialog.getByRole("heading", { name: `Merge 1 issue into ${alpha.shortId}?` }).waitFor();
  await picture(page, "deciding-merge");
  await dialog.getByRole("button", { name: "Merge", exact: true }).click();
  await toast(`1 issue merged into ${alpha.shortId}`).waitFor();
  await row("bravo").waitFor({ state: "detached" });
  assert.equal(Number((await issueOf("alpha")).count), counts);

  // The old address leads to the new one, whose groups say what it is made of.
  await page.goto(`/issues/${bravo.shortId}/groups`);
  await page.waitForURL(`**/issues/${alpha.shortId}/groups`);
  await page.getByRole("heading", { level: 1, name: /alpha declined/ }).waitFor();
  await page.getByRole("heading", { level: 2, name: /bravo declined/ }).waitFor();
  await picture(page, "deciding-groups");
  await page.getByRole("button", { name: `Take ${bravo.shortId} out` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take out" }).click();
  await toast("Taken out").waitFor();
  await page.getByRole("heading", { level: 2, name: /bravo declined/ }).waitFor({ state: "detached" });
  assert.equal(Number((await issueOf("alpha")).count), Number(alpha.count));
  assert.equal(Number((await issueOf("bravo")).count), Number(bravo.count));
});

test("a merge is undone, and what cannot be one says why", async () => {
  const [charlie, delta] = [await open("charlie"), await issueOf("delta")];
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Merge with…" }).click();
  await page.getByRole("combobox", { name: `Merge ${charlie.shortId} with` }).fill("delta");
  await page.getByRole("option", { name: /delta declined/ }).waitFor();
  await page.getByRole("option", { name: /alpha declined/ }).waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Merge issues" }).getByRole("button", { name: "Merge", exact: true }).click();
  await toast(`1 issue merged into ${charlie.shortId}`).waitFor();
  assert.equal(await issueOf("delta"), undefined);
  await page.getByRole("button", { name: "Undo" }).click();
  await toast("Undone").waitFor();
  assert.equal((await issueOf("delta")).id, delta.id);
});

test("an issue is resolved in the next release, and that is taken back", async () => {
  const issue = await open("alpha");
  await page.getByRole("button", { name: "More ways to resolve" }).click();
  await page.getByRole("menuitem", { name: /^In the next release/ }).waitFor();
  await assertAccessible(page, "the ways to resolve");
  await page.getByRole("menuitem", { name: /^In the next release/ }).click();
  await toast(`${issue.shortId} resolved in the next release`).waitFor();
  await page.getByText(/^Resolved in the next release after 2\.14\.0/).first().waitFor();
  assert.equal((await issueOf("alpha")).statusDetails.inNextRelease, true);
  await picture(page, "deciding-resolved");
  await page.getByRole("button", { name: "Undo" }).click();
  await toast("Undone").waitFor();
  await page.getByRole("button", { name: "Resolve", exact: true }).waitFor();
  assert.equal((await issueOf("alpha")).status, "unresolved");

  // In a certain one, by keyboard alone.
  await page.getByRole("button", { name: "More ways to resolve" }).press("Enter");
  await page.getByRole("menuitem", { name: /^Now/ }).press("ArrowDown");
  await page.getByRole("menuitem", { name: /^In the next release/ }).press("ArrowDown");
  await page.getByRole("menuitem", { name: "In a release…" }).press("Enter");
  await page.getByRole("combobox", { name: "Resolved in which release?" }).fill("2.14");
  await page.getByRole("option", { name: /shop@2\.14\.0/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Resolved in 2.14.0 by ada").first().waitFor();
  assert.equal((await issueOf("alpha")).statusDetails.inRelease, "shop@2.14.0");
});

test("an archived issue comes back with the second further event, and the history says why", async () => {
  await open("bravo");
  await page.getByRole("button", { name: "Archive", exact: true }).click();
  await page.getByRole("menuitem", { name: "Events…" }).click();
  await page.getByLabel("How many more events").fill("2");
  await page.getByRole("heading", { name: "Archive until 2 more events" }).waitFor();
  await page.getByRole("dialog", { name: "Archive" }).getByRole("button", { name: "Archive" }).click();
  await page.getByText("Archived until 2 more events (none so far)").waitFor();
  await picture(page, "deciding-archived");
  await send("bravo");
  await page.getByText("Archived until 2 more events (1 so far)").waitFor();
  await send("bravo");
  await page.getByRole("button", { name: "Resolve", exact: true }).waitFor();
  await history().getByText(/^Came back: 2 more events/).waitFor();
});

test("a comment names a person, shows in another tab, is changed and deleted", async () => {
  const { shortId } = await open("charlie");
  const other = await context.newPage();
  await other.goto(`/issues/${shortId}/activity`);
  await other.getByLabel("Write a comment").waitFor();

  const box = page.getByLabel("Write a comment");
  await box.pressSequentially("see `pay.py`, @ad");
  await page.getByRole("listbox", { name: "People" }).getByRole("option").first().waitFor();
  await picture(page, "deciding-mention");
  await box.press("Enter");
  await box.pressSequentially("<b>not bold</b>");
  await box.press("Control+Enter");
  const comment = page.getByRole("article", { name: /^Comment by/ });
  await comment.getByText("<b>not bold</b>").waitFor();
  assert.equal(await comment.locator("code").innerText(), "pay.py");
  assert.match(await comment.locator("p b").innerText(), /^@ada/);
  assert.equal(await box.inputValue(), "");
  await other.getByRole("article", { name: /^Comment by/ }).getByText("<b>not bold</b>").waitFor();
  await picture(other, "deciding-activity");

  await comment.getByRole("button", { name: "Edit" }).click();
  await comment.getByLabel("Change the comment").fill("**done**");
  await comment.getByRole("button", { name: /^Save/ }).click();
  await comment.locator("strong", { hasText: "done" }).waitFor();
  await comment.getByText(/, edited/).waitFor();
  await page.goto("/issues");
  await row("charlie").getByTitle("1 comment").waitFor();
  await page.goBack();
  await comment.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog", { name: "Delete this comment?" }).getByRole("button", { name: "Delete" }).click();
  await comment.waitFor({ state: "detached" });
  await other.getByRole("article").waitFor({ state: "detached" });
  await other.close();
});

test("an issue is bookmarked and found again, and its priority is chosen", async () => {
  const { shortId } = await open("delta");
  await page.getByRole("button", { name: "Bookmark", pressed: false }).click();
  await page.getByRole("button", { name: "Bookmark", pressed: true }).waitFor();
  await page.getByRole("button", { name: /^Priority/ }).click();
  await page.getByRole("menuitemradio", { name: /^High/ }).click();
  await toast(`${shortId} set to high priority`).waitFor();
  await page.goto("/issues");
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Bookmarks" }).click();
  await row("delta").getByText("bookmarked").waitFor();
  await row("alpha").waitFor({ state: "detached" });
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "High priority" }).click();
  await row("delta").getByRole("img", { name: "high priority" }).waitFor();
  await picture(page, "deciding-list");
  await page.keyboard.press("j");
  await page.keyboard.press("b");
  await row("delta").getByText("bookmarked").waitFor({ state: "detached" });
});

test("no page complained", () => {
  assert.deepEqual(watched.complaints, []);
});
