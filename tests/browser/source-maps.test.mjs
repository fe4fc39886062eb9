// From an error that nobody can read to the line in the repository: what the page says, the upload, both codes, the
// project's source maps, its release, and its links.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { callApi, eventPath, sendEvent, settled } from "./api.mjs";
import { launchBrowser, signedIn, watch } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";
import { minifiedEvent, RELEASE, uploadBuild } from "./upload.mjs";

const EVENT = "c".repeat(32);
const MAPS = "/projects/shop/settings/source-maps";

let server, browser, page, watched, path;

before(async () => {
  server = await startServer({ withAccount: true });
  browser = await launchBrowser();
  await sendEvent(server, minifiedEvent(EVENT));
  await settled(server);
  path = await eventPath(server, EVENT);
  page = await (await signedIn(browser, server)).newPage();
  watched = watch(page, server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const stack = () => page.locator("#stack");
const frame = (name) => stack().getByRole("button", { name, exact: false }).and(page.locator("[aria-expanded]")).first();

test("a stack that cannot be read says once why, and what mends it", async () => {
  await page.goto(path);
  const problem = stack().locator("summary", { hasText: "2 frames" });
  await problem.waitFor();
  assert.equal(await stack().getByText("minified", { exact: true }).count(), 2);
  await problem.click();
  const command = stack().getByRole("region", { name: "Command that mends it" });
  await command.waitFor();
  assert.match(await command.innerText(), /sourcemaps .*upload/);
  await picture(page, "source-maps-unread");
});

test("the empty list says how each tool uploads here", async () => {
  await stack().getByRole("link", { name: "Source maps of this project" }).click();
  await page.getByRole("heading", { name: "No build has uploaded its source maps" }).waitFor();
  await page.getByRole("combobox", { name: "Build tool" }).selectOption("vite");
  const code = page.getByRole("region", { name: "vite.config.ts" });
  await code.waitFor();
  const text = await code.innerText();
  assert.ok(text.includes(`url: '${server.url}'`) && text.includes("project: 'shop'"), text);
  await picture(page, "source-maps-none");
});

test("once the build is uploaded, the page reads it", async () => {
  await page.goto(path);
  await stack().locator("summary", { hasText: "2 frames" }).waitFor();
  await uploadBuild(server);
  await stack().getByRole("button", { name: "Try again with today’s maps" }).click();
  await frame("chargeCard src/payment.ts:2").waitFor();
  assert.equal(await stack().getByText("minified", { exact: true }).count(), 0);
  const source = stack().getByRole("region", { name: "Source of chargeCard" });
  assert.match(await source.locator(".line.lit").innerText(), /throw new Error\(`declined/);
  assert.equal(await source.locator(".here").innerText(), "new");
  await picture(page, "source-maps-read");
});

test("both codes can be looked at, and the address says which", async () => {
  await stack().getByText("Minified", { exact: true }).click();
  await stack().getByText("app.js:1").first().waitFor();
  assert.equal(await stack().getByText("minified", { exact: true }).count(), 2);
  assert.equal(new URL(page.url()).searchParams.get("code"), "minified");
  await page.reload();
  await stack().getByText("app.js:1").first().waitFor();
  await picture(page, "source-maps-minified");
  await stack().getByText("Original", { exact: true }).click();
  await frame("chargeCard src/payment.ts:2").waitFor();
});

test("a mapping leads from the frame to the repository", async () => {
  await page.goto("/projects/shop/settings/source-links");
  await page.getByRole("button", { name: "Add a mapping" }).click();
  const dialog = page.getByRole("dialog", { name: "Code mapping" });
  await dialog.getByLabel("Address of the repository").fill("https://git.example/acme/shop");
  await dialog.getByLabel("Kind").selectOption("gitlab");
  await dialog.getByLabel("Paths in stacks that begin with").fill("src/");
  await dialog.getByLabel("are in the repository at").fill("web/src/");
  await picture(page, "source-links-form");
  await dialog.getByRole("button", { name: "Add" }).click();
  const leadsTo = page.getByRole("region", { name: "For example" }).getByRole("link", { name: /^https:/ });
  await leadsTo.waitFor();
  assert.match(await leadsTo.getAttribute("href"), /^https:\/\/git\.example\/acme\/shop\/-\/blob\/.+\/web\/src\/payment\.ts#L2$/);
  await picture(page, "source-links");
  await page.goto(path);
  const link = stack().getByRole("link", { name: /GitLab/ }).first();
  assert.match(await link.getAttribute("href"), /web\/src\/payment\.ts#L2$/);
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
  await stack().getByRole("button", { name: /^History and blame/ }).first().click();
  assert.match(await page.getByRole("link", { name: "Blame of the line" }).first().getAttribute("href"), /\/-\/blame\//);
  await page.keyboard.press("Escape");
});

test("the release shows what was uploaded for it", async () => {
  await page.goto("/releases");
  await page.getByRole("link", { name: RELEASE }).click();
  await page.getByRole("heading", { name: RELEASE }).waitFor();
  const maps = page.getByRole("region", { name: "Source maps" });
  await maps.getByText("2 files").waitFor();
  await picture(page, "release-with-maps");
  await maps.getByRole("listitem").getByRole("link").first().click();
  await page.getByText("~/assets/app.js.map").waitFor();
  await page.getByText("readable").waitFor();
  await picture(page, "source-maps-files");
});

test("what is deleted reads nothing any more", async () => {
  await page.goto(MAPS);
  await page.getByRole("button", { name: /^Delete shop@2\.4\.1/ }).click();
  const dialog = page.getByRole("dialog", { name: /^Delete/ });
  await dialog.getByText("show minified code again").waitFor();
  await picture(page, "source-maps-delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "No build has uploaded its source maps" }).waitFor();
  await page.goto(path);
  await stack().locator("summary", { hasText: "2 frames" }).waitFor();
  const bundles = await callApi(server, "/projects/lighttrace/shop/files/artifact-bundles/");
  assert.deepEqual(bundles, []);
});

test("no page complained", () => assert.deepEqual(watched.complaints, []));
