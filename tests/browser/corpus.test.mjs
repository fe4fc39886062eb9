// Real events of many platforms, where this machine has them: the page of each is drawn, whole and without complaint.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { callApi, eventPath, sendEvent, settled } from "./api.mjs";
import { launchBrowser, openEverything, overflow, PHONE, signedIn, watch, WIDE } from "./browser.mjs";
import { root, startServer } from "./server.mjs";

const corpus = join(process.env.LIGHTTRACE_CORPUS ?? join(root, "../shared/corpus"), "events");
const skip = existsSync(corpus) ? false : "no corpus beside the project";
const EVENTS_MIN = 190;
/** Pages that are open at once. */
const TABS = 3;

let server, browser;

before(async () => {
  if (skip) return;
  server = await startServer({ withAccount: true });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("the page of every sample event shows all of it", { skip }, async () => {
  const names = (await readdir(corpus, { recursive: true })).filter((name) => name.endsWith(".json")).sort();
  assert.ok(names.length >= EVENTS_MIN, `${names.length} sample events`);
  const waiting = [];
  for (const [index, name] of names.entries()) {
    const id = (0xb000_0000 + index).toString(16).padStart(32, "0");
    await sendEvent(server, { ...JSON.parse(await readFile(join(corpus, name), "utf8")), event_id: id });
    waiting.push({ name, id });
  }
  await settled(server);
  const context = await signedIn(browser, server);
  const found = [];
  const walk = async () => {
    const page = await context.newPage();
    const watched = watch(page, server.url);
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const problems = await look(page, watched, next.id).catch((error) => [error.message]);
      if (problems.length > 0) found.push({ name: next.name, problems });
    }
  };
  await Promise.all(Array.from({ length: TABS }, walk));
  assert.deepEqual(found, []);
});

/** Opens an event's page and everything on it; what is wrong with it, in words. */
async function look(page, { complaints, quiet }, id) {
  complaints.length = 0;
  const sent = await callApi(server, `/projects/lighttrace/shop/events/${id}/`);
  await page.setViewportSize(WIDE);
  await page.goto(`${await eventPath(server, id)}?frames=all`);
  await page.locator(`code[title="${id}"]`).waitFor();
  await openEverything(page);
  await quiet();
  const problems = [];
  for (const size of [WIDE, PHONE]) {
    await page.setViewportSize(size);
    const by = await overflow(page);
    if (by > 0) problems.push(`scrolls sideways by ${by} px at ${size.width} px`);
  }
  const shown = await page.evaluate(() => ({
    title: document.querySelector("h1")?.textContent?.trim() ?? "",
    text: document.querySelector("main")?.textContent ?? "",
    frames: document.querySelectorAll("#stack li.frame").length,
  }));
  if (!shown.title) problems.push("has no heading");
  if (shown.text.includes("could not be shown")) problems.push("has a part that could not be shown");
  const exceptions = sent.entries.find(({ type }) => type === "exception")?.data.values ?? [];
  const frames = exceptions.reduce((sum, one) => sum + (one.stacktrace?.frames.length ?? 0), 0);
  if (frames > 0 && shown.frames !== frames) problems.push(`shows ${shown.frames} of ${frames} frames`);
  const texts = [...exceptions.flatMap(({ type, value }) => [type, value]), ...sent.tags.map(({ value }) => value)];
  for (const text of texts) {
    if (text && !shown.text.includes(text.trim())) problems.push(`does not show ${JSON.stringify(text.slice(0, 120))}`);
  }
  return [...problems, ...complaints];
}
