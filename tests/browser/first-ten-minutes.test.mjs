// From the printed set-up link to a resolved issue, as a person does it; the pictures are looked at by people.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { launchBrowser, WAIT_MS_MAX, WIDE } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { root, startServer } from "./server.mjs";

const account = { email: "ada@example.com", name: "Ada", password: "correct horse battery" };
let server, browser, context, page;
const complaints = [];

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  await openBrowserContext();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** As a browser that has never been here: no cookie, nothing stored. */
async function openBrowserContext() {
  await context?.close();
  context = await browser.newContext({ viewport: WIDE, baseURL: server.url });
  context.setDefaultTimeout(WAIT_MS_MAX);
  page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // A refused resource (the content security policy) and a broken script both end here.
    if (message.type() === "error" && !/status of 401/.test(message.text())) complaints.push(message.text());
  });
}

const takePictures = (name) => picture(page, name);

/** A real program with the real SDK fails in its checkout, in a folder whose name may stand in a picture. */
async function failInShop() {
  const folder = await mkdtemp(join(tmpdir(), "shop-"));
  try {
    await copyFile(join(root, "tests/sdk/node/report.cjs"), join(folder, "checkout.cjs"));
    await symlink(join(root, "tests/sdk/node/node_modules"), join(folder, "node_modules"));
    await promisify(execFile)(process.execPath, ["--preserve-symlinks", "checkout.cjs"], {
      cwd: folder,
      env: { PATH: process.env.PATH, SENTRY_DSN: server.dsn },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

const issueLink = () => page.getByRole("link", { name: /PaymentDeclined/ }).first();

test("the first admin sets LightTrace up with the printed link", async () => {
  await page.goto(server.setUpLink);
  await page.getByLabel("Email").waitFor();
  await takePictures("setup");
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("Email").fill(account.email);
  await page.getByLabel(/^Password/).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL((url) => url.pathname !== "/setup");
});

test("the set-up link works once", async () => {
  await openBrowserContext();
  await page.goto(server.setUpLink);
  await page.waitForURL(/\/login/);
});

test("they sign in", async () => {
  await page.getByLabel("Email").waitFor();
  await takePictures("sign-in");
  await page.getByLabel("Email").fill(account.email);
  await page.getByLabel(/^Password/).fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/issues/);
  await page.getByRole("heading", { name: "Issues", level: 1 }).waitFor();
});

test("the project's page shows the DSN and snippets", async () => {
  await page.goto("/projects/shop/setup");
  await page.getByText(server.dsn).first().waitFor();
  await takePictures("project-setup");
});

test("the first event arrives live", async () => {
  await page.goto("/issues");
  await page.getByText("Waiting for the first event").waitFor();
  await takePictures("issues-empty");
  await page.evaluate("window.staysLoaded = true");
  await failInShop();
  // New issues announce themselves rather than move rows under somebody's finger; an empty list may show them at once.
  const announcement = page.getByRole("button", { name: "1 new" });
  await announcement.or(issueLink()).first().waitFor();
  if (await announcement.isVisible()) await announcement.click();
  await issueLink().waitFor();
  assert.equal(await page.evaluate("window.staysLoaded"), true, "the page was not reloaded");
  await takePictures("issues");
});

test("they open the issue and read the line that failed", async () => {
  await issueLink().click();
  await page.getByRole("heading", { name: /PaymentDeclined/ }).first().waitFor();
  const source = page.getByRole("region", { name: "Source of chargeCardWithGateway" }).first();
  await source.waitFor();
  assert.match(await source.innerText(), /throw new PaymentDeclined\(`Card declined for \$\{amount\} EUR`/);
  await page.getByText("voucher quetzalcoatl applied").first().waitFor();
  await page.getByText("gateway answered 502").first().waitFor();
  await takePictures("issue");
});

test("they find it by a word that stands only in a breadcrumb", async () => {
  await page.goto("/issues");
  const search = page.getByLabel("Search issues");
  await search.fill("quetzalcoatl");
  await search.press("Enter");
  await page.waitForURL(/quetzalcoatl/);
  await issueLink().waitFor();
  // The row says where the word stands.
  await page.getByText("quetzalcoatl", { exact: true }).first().waitFor();
  await takePictures("search");
  await search.fill("xiuhtecuhtli");
  await search.press("Enter");
  await page.getByText("Nothing matches").waitFor();
});

test("they resolve it", async () => {
  await page.goto("/issues");
  await issueLink().click();
  const saved = page.waitForResponse((response) => response.request().method() === "PUT");
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  assert.equal((await saved).status(), 200);
  await page.getByRole("button", { name: "Reopen" }).waitFor();
  await page.goto("/issues");
  await page.getByText("Nothing is unresolved").waitFor();
  await page.goto("/issues?query=is%3Aresolved");
  await issueLink().waitFor();
});

test("the ledger says what became of everything, and the projects are listed", async () => {
  await page.goto("/status");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByText("shop").first().waitFor();
  await takePictures("status");
  await page.goto("/projects");
  await page.getByRole("link", { name: /shop/i }).first().waitFor();
  await takePictures("projects");
});

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
