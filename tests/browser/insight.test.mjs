// What the app finds out by itself, as somebody meets it: the pattern and what tells most, what differs, how to reproduce an
// error, production beside one's own machine, the timeline with its annotations, and two searches compared.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { callApi, sendEvent, settled } from "./api.mjs";
import { launchBrowser, signedIn, watch } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";

const ORG = "/organizations/lighttrace";
const MINUTE_MS = 60_000;
/** One user each, all on iPhones: enough to say what differs. */
const FAILING = 40;
/** Since when it fails. */
const BEGAN_MINUTES_AGO = 50;
/** Of other issues, on all kinds of browsers: none of them stands for much of the rest. */
const [OTHER_ISSUES, EVENTS_EACH] = [14, 12];
const OTHER_BROWSERS = [["Chrome", "Windows"], ["Firefox", "Linux"], ["Edge", "Windows"], ["Chrome", "Android"], ["Chrome", "macOS"]];
const LOCAL = "f".repeat(32);

let server, browser, context, page, watched, issue;

before(async () => {
  server = await startServer({ withAccount: true });
  browser = await launchBrowser();
  context = await signedIn(browser, server);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await seed();
  [issue] = await callApi(server, `${ORG}/issues/?query=${encodeURIComponent("not authenticated")}`);
  page = await context.newPage();
  watched = watch(page, server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const id = (kind, number) => `${kind}${number}`.padStart(32, "0");
const ago = (minutes) => new Date(Date.now() - minutes * MINUTE_MS).toISOString();

/** A payment that fails after its token was refused. */
function failing(number, minutes, changes = {}) {
  const at = (secondsBefore) => new Date(Date.parse(ago(minutes)) - secondsBefore * 1000).toISOString();
  const refused = { method: "POST", url: "https://auth.example.com/token", status_code: 401 };
  return {
    event_id: id(1, number),
    timestamp: ago(minutes),
    platform: "javascript",
    release: "shop@2.4.1",
    environment: "production",
    user: { id: `phone-${number}` },
    contexts: { browser: { name: "Safari", version: "18.6" }, os: { name: "iOS", version: "18.6" }, device: { family: "iPhone" } },
    request: { url: "https://shop.example.com/pay", method: "POST", headers: { Authorization: "Bearer 0123456789" }, data: { order: "ord_8812" } },
    breadcrumbs: [
      { timestamp: at(900), type: "navigation", category: "navigation", data: { from: "/cart", to: "/pay" } },
      { timestamp: at(3), category: "ui.click", message: "button#pay" },
      { timestamp: at(1), type: "http", category: "fetch", level: "error", data: refused },
    ],
    exception: { values: [{ type: "Error", value: "User not authenticated", stacktrace: { frames: [
      { function: "onClick", filename: "src/Checkout.tsx", lineno: 41, in_app: true, context_line: "  chargeCard(order)" },
      { function: "chargeCard", filename: "src/payment.ts", lineno: 125, in_app: true, context_line: "  throw new Error('User not authenticated')" },
    ] } }] },
    ...changes,
  };
}

/** Errors of all kinds of people, for hours already. */
function other(kind, number) {
  const [name, os] = OTHER_BROWSERS[(kind + number) % OTHER_BROWSERS.length];
  return {
    event_id: id(2, kind * EVENTS_EACH + number),
    timestamp: ago(1 + ((kind * 7 + number * 31) % 600)),
    platform: "javascript",
    release: number % 2 ? "shop@2.4.1" : "shop@2.4.0",
    environment: "production",
    fingerprint: [`other ${kind}`],
    user: { id: `desk-${kind}-${number}` },
    contexts: { browser: { name, version: "141" }, os: { name: os } },
    exception: { values: [{ type: "TypeError", value: `widget ${kind} is undefined`, stacktrace: { frames: [
      { function: `draw${kind}`, filename: `src/widget${kind}.ts`, lineno: 7, in_app: true, context_line: "  widget.draw()" },
    ] } }] },
  };
}

async function seed() {
  const releases = `${ORG}/releases/`;
  await callApi(server, releases, { method: "POST", body: { version: "shop@2.4.1", projects: ["shop"] } });
  const deploy = { environment: "production", dateFinished: ago(BEGAN_MINUTES_AGO + 2) };
  await callApi(server, `${releases}${encodeURIComponent("shop@2.4.1")}/deploys/`, { method: "POST", body: deploy });
  for (let kind = 0; kind < OTHER_ISSUES; kind++) {
    for (let number = 0; number < EVENTS_EACH; number++) await sendEvent(server, other(kind, number));
  }
  for (let number = 0; number < FAILING; number++) {
    await sendEvent(server, failing(number, BEGAN_MINUTES_AGO * (1 - number / FAILING)));
  }
  const local = { event_id: LOCAL, environment: "local", release: undefined, user: { id: "ada" }, tags: { machine: "laptop" } };
  await sendEvent(server, failing(0, 5, local));
  await settled(server);
}

const card = (name) => page.getByRole("region", { name, exact: true });
const calm = async () => {
  await watched.quiet();
  assert.deepEqual(watched.complaints.splice(0), []);
};

test("an issue says what kind of failure it is, and leads to what tells most of it", async () => {
  await page.goto(`/issues/${issue.shortId}`);
  const findings = card("Findings");
  await findings.getByRole("list", { name: "Pattern" }).getByRole("listitem").first().waitFor();
  await findings.getByText("By these numbers").click();
  await findings.getByText("Urgency").waitFor();
  await findings.getByRole("button", { name: /Show the breadcrumb/ }).first().click();
  const crumb = page.locator("[data-spot-shown]");
  await crumb.waitFor();
  assert.match((await crumb.getAttribute("data-spot")) ?? "", /^crumb:\d$/);
  assert.match((await crumb.textContent()) ?? "", /auth\.example\.com\/token/);
  await findings.getByRole("button", { name: /Show the frame/ }).first().click();
  await page.locator('[data-spot-shown][data-spot^="frame:"]').getByText("chargeCard").waitFor();
  await calm();
  await picture(page, "insight-issue");
});

test("what differs names the phones once, with both bars, and leads to their events", async () => {
  await page.goto(`/issues/${issue.shortId}`);
  const row = card("What differs").getByRole("listitem").filter({ hasText: "Safari" });
  await row.waitFor();
  // Safari and iOS are the same people: one finding, whichever of them leads it.
  assert.match((await row.textContent()) ?? "", /iOS/);
  assert.equal(await card("What differs").getByRole("listitem").filter({ hasText: "iOS" }).count(), 1);
  await card("What differs").getByText("How this was compared").click();
  await card("What differs").getByRole("columnheader", { name: "Ratio" }).waitFor();
  await calm();
  await row.getByRole("link").first().click();
  await page.waitForURL(/\/issues\/[^/]+\/events\?query=/);
  await page.getByRole("row").nth(1).waitFor();
  await calm();
});

test("an event can be reproduced, and held against one of one's own machine; the address keeps both", async () => {
  await page.goto(`/issues/${issue.shortId}/events/${id(1, 3)}`);
  await page.locator("summary", { hasText: "Reproduce it here" }).click();
  await page.getByRole("region", { name: "The request", exact: true }).getByText("curl").first().waitFor();
  await page.waitForURL(/reproduce=1/);
  await page.getByRole("button", { name: "Copy all" }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /curl/);
  assert.doesNotMatch(copied, /0123456789/, "a token is a placeholder");
  await page.locator("summary", { hasText: "Production vs yours" }).click();
  await page.getByRole("radio", { name: /local/ }).first().check();
  await page.waitForURL(new RegExp(`beside=shop%3A${LOCAL}|beside=shop:${LOCAL}`));
  await page.getByRole("columnheader", { name: "The other" }).waitFor();
  await calm();
  await page.reload();
  await page.getByRole("columnheader", { name: "The other" }).waitFor();
  await page.getByRole("checkbox", { name: "Show them too" }).check();
  await page.getByRole("textbox", { name: "Event id" }).fill("nonsense");
  await page.getByText("32 digits").waitFor();
  await calm();
  await picture(page, "insight-reproduce");
});

test("the timeline shows the deploy, and takes an annotation and gives it up again", async () => {
  await page.goto(`/issues/${issue.shortId}`);
  await page.getByRole("navigation", { name: "Pages of this issue" }).getByRole("link", { name: "Timeline" }).click();
  const moments = card("What happened");
  await moments.getByRole("listitem").filter({ hasText: "Deploy" }).filter({ hasText: "2.4.1" }).first().waitFor();
  await page.getByRole("button", { name: "Annotate" }).click();
  const dialog = page.getByRole("dialog", { name: "Annotate the timeline" });
  await dialog.getByRole("textbox", { name: "What happened" }).fill("new-checkout turned on");
  await dialog.getByRole("textbox", { name: "Link" }).fill("https://flags.example.com/1");
  await picture(page, "insight-annotate");
  await dialog.getByRole("button", { name: "Add" }).click();
  const added = moments.getByRole("listitem").filter({ hasText: "new-checkout turned on" });
  const link = added.getByRole("link", { name: "new-checkout turned on" });
  await link.waitFor();
  assert.equal(await link.getAttribute("href"), "https://flags.example.com/1");
  await calm();
  await picture(page, "insight-timeline");
  await added.getByRole("button", { name: "Delete “new-checkout turned on”" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await added.waitFor({ state: "detached" });
  await card("Timeline").getByText("7 d", { exact: true }).click();
  await page.waitForURL(/period=7d/);
  await moments.getByRole("listitem").first().waitFor();
  await calm();
});

test("a search is compared with the rest, with the time before and with another one", async () => {
  await page.goto(`/search?query=${encodeURIComponent('error.value:"User not authenticated"')}`);
  await page.getByRole("link", { name: "Compare with the rest" }).click();
  await card("What differs").getByRole("listitem").filter({ hasText: "Safari" }).waitFor();
  await calm();
  await picture(page, "insight-compare");
  await page.getByText("Time before").click();
  await page.waitForURL(/against=before/);
  await card("What differs").waitFor();
  await page.getByText("Another search").click();
  const other = page.getByRole("combobox", { name: "The other events", exact: true });
  await other.fill("error.type:TypeError");
  await other.press("Enter");
  await page.waitForURL(/b=error.type/);
  await card("What differs").getByRole("listitem").filter({ hasText: "Safari" }).waitFor();
  await calm();
});

/** Issues are judged once a minute. */
const JUDGED_WITHIN_MS = 120_000;

/** The issues by urgency, once all are judged. */
async function judged() {
  for (const end = Date.now() + JUDGED_WITHIN_MS; Date.now() < end; ) {
    const listed = await callApi(server, `${ORG}/issues/?sort=urgency&query=is%3Aunresolved`);
    if (listed.every(({ standing }) => standing)) return listed;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert.fail("not all issues have been judged");
}

test("the list shows patterns and is sorted by urgency", async () => {
  const urgencies = (await judged()).map(({ standing }) => standing.urgency);
  assert.deepEqual(urgencies, urgencies.toSorted((a, b) => b - a));
  await page.goto("/issues");
  await page.getByRole("combobox", { name: "Sort by" }).selectOption("urgency");
  await page.waitForURL(/sort=urgency/);
  const first = page.locator("[data-issue]").first();
  await first.waitFor();
  await first.getByText(/^(burst|after deploy|dependency|one user|steady)$/).waitFor();
  await calm();
});
