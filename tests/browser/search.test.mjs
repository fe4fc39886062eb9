// Searching as a person does it: by keyboard, by completion, by facets and time, and into the event where it matched.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sendEvent, settled } from "./api.mjs";
import { launchBrowser, signedIn, watch } from "./browser.mjs";
import { fullEvent, setField } from "./full-event.mjs";
import { startServer } from "./server.mjs";

const EVENTS = 30;
const HOUR_SECONDS = 3_600;
const idOf = (index) => (0xf000_0000 + index).toString(16).padStart(32, "0");
/** Words that stand in one place of one event each, most of them where a page folds something away. */
const PLACES = {
  xylophone: { event: 3, path: ["exception", "values", 1, "stacktrace", "frames", 1, "context_line"], text: "return handleXylophoneRequest(req)", place: "frame 5 of Failure" },
  wombat: { event: 4, path: ["breadcrumbs", "values", 0, "message"], text: "mentions a wombat", place: "breadcrumb console" },
  ultramarine: { event: 5, path: ["tags", "color"], text: "deep ultramarine hue", place: "tag color" },
  quokka: { event: 6, path: ["request", "query_string", 0, 1], text: "quokka", place: "request query" },
  narwhal: { event: 7, path: ["contexts", "custom", "nested", "deep"], text: "narwhal", place: "context custom" },
  axolotl: { event: 8, path: ["extra", "nested", "deep", 0], text: "an axolotl", place: "extra nested" },
  pangolin: { event: 9, path: ["logentry", "formatted"], text: "a pangolin appeared", place: "message" },
  capybara: { event: 10, path: ["exception", "values", 1, "value"], text: "capybara overflow", place: "exception" },
  tamarin: { event: 11, path: ["user", "username"], text: "tamarin", place: "user username" },
};

let server, browser, context, page, watched;

before(async () => {
  server = await startServer({ withAccount: true });
  browser = await launchBrowser();
  context = await signedIn(browser, server);
  for (let index = 0; index < EVENTS; index += 1) await sendEvent(server, eventOf(index));
  await settled(server);
  page = await context.newPage();
  watched = watch(page, server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** An event of the one issue that all of them make, an hour older the lower its number. */
function eventOf(index) {
  const event = fullEvent(idOf(index));
  const library = (name) => ({ function: name, filename: `node_modules/express/${name}.js`, abs_path: `/srv/node_modules/express/${name}.js`, lineno: 12, in_app: false, context_line: "next()" });
  const { frames } = event.exception.values[1].stacktrace;
  frames.splice(0, 1, ...["layer0", "layer1", "layer2", "layer3", "layer4"].map(library));
  const step = (number) => ({ category: "console", level: "info", message: `step ${number}` });
  event.breadcrumbs.values = [...Array.from({ length: 18 }, (_, number) => step(number)), ...event.breadcrumbs.values];
  event.level = index % 3 === 0 ? "fatal" : "error";
  event.environment = index % 2 === 0 ? "staging" : "production";
  event.timestamp = Date.now() / 1000 - (EVENTS - index) * HOUR_SECONDS;
  for (const { event: number, path, text } of Object.values(PLACES)) if (number === index) setField(event, path, text);
  return event;
}

const box = () => page.locator("input[type=search]");
const rows = () => page.locator("a[data-row]");
const bar = () => page.getByRole("complementary", { name: "Matches of the search" });
const query = () => new URL(page.url()).searchParams;

async function open(path) {
  await page.goto(path);
  await page.getByRole("heading", { name: "Search", level: 1 }).waitFor({ state: "attached" });
  await watched.quiet();
}

/** What is lit as the place that is looked at, and whether it can be seen. */
const litHere = () =>
  page.waitForFunction(() => {
    const [range] = CSS.highlights.get("found-here") ?? [];
    if (!range) return null;
    const { top, bottom, width } = range.getBoundingClientRect();
    return { text: range.toString(), seen: top >= 0 && bottom <= innerHeight && width > 0 };
  }).then((handle) => handle.jsonValue());

for (const [word, { event, place }] of Object.entries(PLACES)) {
  test(`a result opens at the match in ${place}, by keyboard alone`, async () => {
    await open(`/search?query=${word}`);
    assert.equal(await rows().count(), 1);
    await page.locator("mark").first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname.endsWith(idOf(event)));
    await bar().getByText(/\d of \d/).waitFor();
    assert.equal(await bar().locator(".place").textContent(), place);
    const { text, seen } = await litHere();
    assert.equal(text.toLowerCase(), word);
    assert.ok(seen, "the lit word is on the screen");
    await bar().getByRole("link", { name: "Back to the search" }).click();
    await page.waitForURL((url) => url.pathname === "/search" && url.searchParams.get("query") === word);
  });
}

test("a breadcrumb that a chosen kind would hide is shown where it matched", async () => {
  await open("/search?query=wombat");
  const href = await rows().first().getAttribute("href");
  await page.goto(`${href}&crumbs=ui`);
  await bar().getByText("1 of").waitFor();
  assert.equal((await litHere()).text, "wombat");
});

test("n and p go from match to match, and round", async () => {
  await open("/search?query=crumb");
  await rows().first().click();
  const at = () => bar().locator("b").textContent();
  await bar().getByText(/\d of \d/).waitFor();
  const [first, total] = (await at()).split(" of ").map(Number);
  assert.ok(total > 1, `${total} matches`);
  const seen = [first];
  for (let step = 0; step < total; step += 1) {
    await page.keyboard.press("n");
    seen.push(Number((await at()).split(" of ")[0]));
  }
  assert.deepEqual(seen, seen.map((_, step) => ((first - 1 + step) % total) + 1));
  await page.keyboard.press("p");
  assert.equal(await at(), `${((first - 2 + total) % total) + 1} of ${total}`);
  await bar().getByRole("button", { name: "Stop lighting matches" }).click();
  await bar().waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => CSS.highlights.size), 0);
});

test("a found issue opens its newest event that matches", async () => {
  await open("/search?query=wombat&by=issues");
  await rows().first().click();
  await page.waitForURL((url) => url.pathname.endsWith(idOf(PLACES.wombat.event)));
  await bar().getByText("1 of").waitFor();
  assert.equal((await litHere()).text, "wombat");
});

test("a row of the issues list that words found opens its event that matches, and leads back", async () => {
  await page.goto("/issues?query=is%3Aunresolved+wombat");
  await rows().first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname.endsWith(idOf(PLACES.wombat.event)));
  await bar().getByText("1 of").waitFor();
  assert.equal((await litHere()).text, "wombat");
  await page.keyboard.press("u");
  await page.waitForURL((url) => url.pathname === "/issues" && url.searchParams.get("query") === "is:unresolved wombat");
  await page.goto("/issues");
  await rows().first().waitFor();
  assert.match(await rows().first().getAttribute("href"), /^\/issues\/[\w-]+$/, "without words the issue itself");
});

test("what a title says already is lit there, and not repeated", async () => {
  await open("/search?query=capybara");
  await rows().first().locator("mark", { hasText: "capybara" }).waitFor();
  assert.equal(await page.locator("main mark").count(), 1);
});

test("searches that were kept are among the completions", async () => {
  const kept = { name: "Night shift", query: "has:user environment:staging", visibility: "owner" };
  const csrf = { "X-LightTrace-CSRF": "1" };
  for (const [type, path] of [[0, "/issues?query=+"], [1, "/search"]]) {
    const answer = await context.request.post("/api/0/organizations/lighttrace/searches/", { data: { type, ...kept }, headers: csrf });
    assert.equal(answer.status(), 201, await answer.text());
    await page.goto(path);
    await rows().first().waitFor();
    await box().fill("");
    await box().pressSequentially("nigh");
    await page.getByRole("option", { name: /Night shift/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("query") === kept.query);
    assert.equal(await box().inputValue(), kept.query);
  }
});

test("j and k walk the results", async () => {
  await open("/search");
  const focused = () => rows().evaluateAll((links) => links.indexOf(document.activeElement));
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await focused(), 1);
  await page.keyboard.press("k");
  assert.equal(await focused(), 0);
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), 1);
});

test("a query that cannot be read keeps its text and says where it went wrong", async () => {
  await open("/search?query=level%3Aerror+%22never+closed");
  await page.getByRole("alert").getByText(/Expected .* at character \d+/).waitFor();
  assert.equal(await box().inputValue(), 'level:error "never closed');
  assert.equal(await box().getAttribute("aria-invalid"), "true");
  watched.complaints.splice(0, Infinity, ...watched.complaints.filter((one) => !/\b400\b/.test(one)));
});

test("completion offers keys and values from what is there", async () => {
  await open("/search");
  await box().pressSequentially("lev");
  const options = page.getByRole("listbox", { name: "Completions" }).getByRole("option");
  const option = (name) => options.filter({ hasText: name }).first();
  await option("level").waitFor();
  assert.ok((await options.count()) <= 8);
  await page.keyboard.press("ArrowDown");
  const active = await box().getAttribute("aria-activedescendant");
  assert.equal(await page.locator(`[id="${active}"]`).getAttribute("aria-selected"), "true");
  await page.keyboard.press("Enter");
  assert.equal(await box().inputValue(), "level:");
  await option("fatal").waitFor();
  await option("fatal").click();
  await page.waitForURL((url) => url.searchParams.get("query") === "level:fatal");
  assert.ok(await box().evaluate((element) => element === document.activeElement), "one can go on typing");
  await page.getByRole("list", { name: "Filters" }).getByText("fatal").waitFor();
  await watched.quiet();
  assert.equal(await page.locator("nav[aria-label=Pages] [role=status]").textContent(), "10 of 10 events");
  await page.keyboard.press("Escape");
  await open("/search");
  await box().click();
  await option("level:fatal").waitFor();
});

test("facets narrow and leave out", async () => {
  await open("/search");
  const facet = page.getByRole("region", { name: "environment", exact: true });
  await facet.getByRole("link", { name: /^staging/ }).click();
  await page.waitForURL((url) => url.searchParams.get("query") === "environment:staging");
  await watched.quiet();
  assert.equal(await page.locator("nav[aria-label=Pages] [role=status]").textContent(), "15 of 15 events");
  await facet.getByRole("link", { name: /^staging/ }).click();
  await page.waitForURL((url) => !url.searchParams.has("query"));
  await watched.quiet();
  await facet.getByRole("link", { name: /^staging/ }).click({ modifiers: ["Alt"] });
  await page.waitForURL((url) => url.searchParams.get("query") === "!environment:staging");
  await watched.quiet();
  await facet.getByRole("link", { name: "Leave out environment production" }).click();
  await page.waitForURL((url) => url.searchParams.get("query") === "!environment:staging !environment:production");
  await page.getByText("Nothing matches").waitFor();
});

test("the histogram zooms by keyboard and by dragging", async () => {
  await open("/search?period=24h");
  const chart = page.getByRole("slider");
  await chart.focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Shift+ArrowLeft");
  assert.match(await chart.getAttribute("aria-valuetext"), /^\d+ events?, /);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.searchParams.has("start") && !url.searchParams.has("period"));
  const seconds = (Date.parse(query().get("end")) - Date.parse(query().get("start"))) / 1000;
  assert.equal(seconds, 3 * 1_800);
  await page.getByRole("button", { name: "Zoom out" }).click();
  await page.waitForURL((url) => !url.searchParams.has("start"));
  await watched.quiet();
  const { x, y, width, height } = await chart.boundingBox();
  await page.mouse.move(x + width * 0.9, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.99, y + height / 2, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL((url) => url.searchParams.has("start"));
});

test("five examples from what is there teach the language, and each finds something", async () => {
  await open("/search");
  const examples = page.getByRole("list", { name: "Examples" }).getByRole("link");
  const hrefs = await examples.evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.equal(hrefs.length, 5);
  for (const href of hrefs) {
    await open(href);
    await rows().first().waitFor();
  }
});

test("no page complained", () => assert.deepEqual(watched.complaints, []));
