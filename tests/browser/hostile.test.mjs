// 40 hostile strings in every text field of an event stay text on every page that shows them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { callApi, eventPath, sendEvent, settled } from "./api.mjs";
import { launchBrowser, openEverything, overflow, PHONE, signedIn, watch, WIDE } from "./browser.mjs";
import { fullEvent, setField, textFields } from "./full-event.mjs";
import { HOSTILE } from "./hostile-strings.mjs";
import { startServer } from "./server.mjs";

const TABS = 3;
/** Elements that the app makes in the same number whatever an event says, most of them never. */
const COUNTED = "script,style,link,base,meta,title,form,iframe,frame,object,embed,video,audio,img,math,foreignObject,marquee,template,textarea";
const idOf = (index) => (0xc000_0000 + index).toString(16).padStart(32, "0");
const BENIGN = idOf(0xffff);

let server, browser, context;

before(async () => {
  server = await startServer({ withAccount: true });
  browser = await launchBrowser();
  context = await signedIn(browser, server);
  await sendEvent(server, fullEvent(BENIGN));
  for (const index of HOSTILE.keys()) await sendEvent(server, hostileEvent(index));
  await settled(server);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** In the event of each round every field holds another string, so that after all rounds each has held each. */
function hostileEvent(round) {
  const event = fullEvent(idOf(round));
  for (const [at, path] of textFields(event).entries()) setField(event, path, HOSTILE[(at + round) % HOSTILE.length]);
  // Tags and names are keys too.
  const text = HOSTILE[round];
  for (const map of [event.tags, event.extra, event.contexts, event.contexts.custom, event.modules]) map[text.slice(0, 100)] = text;
  return event;
}

/** Runs `check` for every item, a few pages at a time; the answer is what was wrong, by item. */
async function onPages(items, check) {
  const waiting = [...items];
  const found = [];
  const work = async () => {
    const page = await context.newPage();
    const watched = watch(page, server.url);
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      watched.complaints.length = 0;
      const problems = await check(page, watched, item).catch((error) => [error.message]);
      if (problems.length + watched.complaints.length > 0) found.push({ item, problems: [...problems, ...watched.complaints] });
    }
    await page.close();
  };
  await Promise.all(Array.from({ length: TABS }, work));
  return found;
}

/** What a page must never have, and how many of the elements it has that no text may make. */
const inspect = (page) =>
  page.evaluate((counted) => {
    const all = [...document.querySelectorAll("*")];
    const handlers = all.flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith("on")));
    const links = [...document.querySelectorAll("a[href], area[href]")].filter((link) => {
      const ours = link.origin === location.origin;
      return !/^https?:$/.test(link.protocol) || (!ours && !link.relList.contains("noopener"));
    });
    const problems = [];
    if ("pwned" in window) problems.push("a script ran");
    if (document.querySelector("[data-pwned]")) problems.push("an element was made of text");
    if (handlers.length > 0) problems.push(`has the attributes ${handlers}`);
    for (const link of links) problems.push(`links to ${link.getAttribute("href")}`);
    return { problems, counts: document.querySelectorAll(counted).length, text: document.querySelector("#app").textContent };
  }, COUNTED);

/** Opens a page with all on it, and tells what is wrong with it and what it shows. */
async function open(page, { quiet }, path, ready) {
  await page.setViewportSize(WIDE);
  await page.goto(path);
  await ready(page);
  await quiet();
  await openEverything(page);
  await quiet();
  const { problems, counts, text } = await inspect(page);
  await page.setViewportSize(PHONE);
  const by = await overflow(page);
  if (by > 0) problems.push(`scrolls sideways by ${by} px`);
  return { problems, counts, text };
}

const eventShown = (id) => (page) => page.locator(`code[title="${id}"]`).waitFor();
const rowsShown = (page) => page.locator("[data-row]").first().waitFor();

/** The texts that a page of an event has to show, as the server keeps them. */
function textsOf(event) {
  const entry = (type) => event.entries.find((one) => one.type === type)?.data;
  const leaves = (value) => {
    if (typeof value === "string") return [value];
    return value && typeof value === "object" ? Object.values(value).flatMap(leaves) : [];
  };
  const exceptions = entry("exception")?.values ?? [];
  return [
    ...exceptions.flatMap(({ type, value }) => [type, value]),
    ...exceptions.flatMap(({ stacktrace }) => stacktrace?.frames.map((frame) => frame.function) ?? []),
    ...(entry("breadcrumbs")?.values.map(({ message }) => message) ?? []),
    ...event.tags.flatMap(({ key, value }) => [key, value]),
    ...(entry("request")?.headers.flat() ?? []),
    ...leaves(event.user?.data ?? {}),
    ...Object.keys(event.context),
    ...Object.values(event.context).filter((value) => typeof value === "string"),
  ].filter((text) => text?.trim());
}

test("event pages show 40 hostile strings in every field as text", async () => {
  assert.equal(new Set(HOSTILE).size, 40);
  const [benign] = await Promise.all([
    context.newPage().then(async (page) => {
      const watched = watch(page, server.url);
      return open(page, watched, `${await eventPath(server, BENIGN)}?frames=all`, eventShown(BENIGN)).finally(() => page.close());
    }),
  ]);
  const found = await onPages(HOSTILE.keys(), async (page, watched, round) => {
    const id = idOf(round);
    const event = await callApi(server, `/projects/lighttrace/shop/events/${id}/`);
    const { problems, counts, text } = await open(page, watched, `${await eventPath(server, id)}?frames=all`, eventShown(id));
    if (counts !== benign.counts) problems.push(`has ${counts} guarded elements, a harmless event's page ${benign.counts}`);
    for (const wanted of textsOf(event)) {
      if (!text.includes(wanted.trim())) problems.push(`does not show ${JSON.stringify(wanted.slice(0, 100))}`);
    }
    return problems;
  });
  assert.deepEqual(found, []);
});

test("issues, lists and searches show them as text", async () => {
  const issues = await callApi(server, "/organizations/lighttrace/issues/?query=&limit=100");
  assert.ok(issues.length > 10, `${issues.length} issues`);
  const pages = [
    ...issues.map(({ shortId }) => `/issues/${shortId}`),
    "/issues?query=+",
    "/search",
    "/search?by=issues",
    // Both pages have the same search box.
    ...HOSTILE.map((text, index) => {
      const asked = encodeURIComponent(text.toWellFormed().slice(0, 500));
      return `/${index % 2 === 0 ? "search" : "issues"}?query=${asked}`;
    }),
  ];
  const lists = ["/issues?query=+", "/search?by=issues"];
  const found = await onPages(pages, async (page, watched, path) => {
    const ready = lists.includes(path) || path === "/search" ? rowsShown : (page) => page.locator("h1").first().waitFor();
    const { problems, text } = await open(page, watched, path, ready);
    if (lists.includes(path)) {
      for (const { metadata } of issues) {
        const title = metadata.type || metadata.title || "";
        if (!text.includes(title.trim())) problems.push(`does not show the title ${JSON.stringify(title.slice(0, 100))}`);
      }
    }
    // A query that makes no sense is answered 400, which the page says.
    watched.complaints.splice(0, Infinity, ...watched.complaints.filter((one) => !/400/.test(one)));
    return problems;
  });
  assert.deepEqual(found, []);
});

test("an address cannot make a page run, or lead elsewhere, by what it asks to be lit", async () => {
  const found = await onPages(HOSTILE, async (page, watched, text) => {
    const asked = encodeURIComponent(text.toWellFormed().slice(0, 500));
    const event = `${await eventPath(server, BENIGN)}?find=${asked}&find=crumb&tag=${asked}&at=${asked}&from=${asked}&crumbs=${asked}`;
    const lit = async (page) => {
      await eventShown(BENIGN)(page);
      await page.getByRole("complementary", { name: "Matches of the search" }).getByText(/\d of \d/).waitFor();
    };
    return (await open(page, watched, event, lit)).problems;
  });
  assert.deepEqual(found, []);
});

test("names that people give stay text", async () => {
  const names = HOSTILE.map((text) => text.toWellFormed().slice(0, 60).trim());
  const made = [];
  for (const [index, name] of names.entries()) {
    const project = await callApi(server, "/organizations/lighttrace/projects/", { method: "POST", body: { name, slug: `hostile-${index}` } }).catch((error) => ({ error }));
    // Names with control characters may be refused, by a sentence.
    if (project.error) assert.match(project.error.message, / 400: .*detail/);
    else made.push(project);
  }
  assert.ok(made.length >= 30, `${made.length} names were taken`);
  const paths = ["/projects", "/issues?query=+", "/status", ...made.map(({ slug }) => `/projects/${slug}/setup`)];
  const found = await onPages(paths, async (page, watched, path) => {
    const { problems, text } = await open(page, watched, path, (page) => page.locator("h1").first().waitFor());
    const wanted = path === "/projects" ? made : made.filter(({ slug }) => path === `/projects/${slug}/setup`);
    for (const { name } of wanted) {
      if (!text.includes(name)) problems.push(`does not show the name ${JSON.stringify(name)}`);
    }
    return problems;
  });
  assert.deepEqual(found, []);
});

test("releases, commits, deploys and mappings stay text, and lead nowhere but to the web", async () => {
  const post = (path, body) => callApi(server, `/organizations/lighttrace${path}`, { method: "POST", body }).catch((error) => ({ error }));
  const repository = await post("/repos/", { url: "https://git.example/acme/shop", provider: "gitlab" });
  const [{ id: projectId }] = await callApi(server, "/organizations/lighttrace/projects/");
  const taken = [];
  for (const [index, text] of HOSTILE.entries()) {
    const words = text.toWellFormed().slice(0, 200).trim();
    const commit = { id: index.toString(16).padStart(40, "0"), message: words, author_name: words, timestamp: "2026-11-20T12:00:00Z" };
    const declared = await post("/releases/", { version: `shop@${words}`, projects: ["shop"], commits: [commit], ref: words });
    // Versions with slashes and control characters are refused, by a sentence.
    const version = declared.error ? `shop@1.0.${index}` : declared.version;
    if (declared.error) await post("/releases/", { version, projects: ["shop"], commits: [commit] });
    await post(`/releases/${encodeURIComponent(version)}/deploys/`, { environment: words.replaceAll("/", " ").slice(0, 60), name: words.slice(0, 60), url: text });
    await post("/code-mappings/", { projectId, repositoryId: repository.id, stackRoot: words, sourceRoot: words });
    taken.push({ version, words, isOwn: !declared.error });
  }
  assert.ok(taken.filter(({ isOwn }) => isOwn).length >= 10, "versions without slashes and line breaks are taken");
  const paths = ["/releases", "/projects/shop/settings/source-links", ...taken.map(({ version }) => `/releases/${encodeURIComponent(version)}`)];
  const found = await onPages(paths, async (page, watched, path) => {
    const { problems, text } = await open(page, watched, path, (page) => page.locator("main section").first().waitFor());
    const release = taken.find(({ version }) => path.endsWith(encodeURIComponent(version)));
    const subject = release?.words.split("\n")[0];
    if (subject && !text.includes(subject)) problems.push(`does not show ${JSON.stringify(subject.slice(0, 100))}`);
    return problems;
  });
  assert.deepEqual(found, []);
});
