// From the printed set-up link to a resolved issue, then a project of one's own with the first error of one's own program
// and all its settings, as a person does it without a manual; the pictures are looked at by people.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { PHONE, WIDE } from "./browser.mjs";
import { root, startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

const account = { email: "ada@example.com", name: "Ada", password: "correct horse battery" };
let server, tab, page;
const complaints = [];

before(async () => {
  server = await startServer();
  await openFreshBrowser();
});

after(async () => {
  await tab?.close();
  await server?.stop();
});

/** As a browser that has never been here: no cookie, nothing stored. */
async function openFreshBrowser() {
  await closeTab();
  tab = await openTab(server);
  page = tab.page;
}

async function closeTab() {
  complaints.push(...(tab?.complaints ?? []));
  await tab?.close();
  tab = undefined;
}

const takePictures = (name) => tab.takePictures(name);

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

/** What the page tells people to paste into a file. */
const codeOf = (file) => page.getByRole("region", { name: file, exact: true }).innerText();

/** Runs what the page shows as it stands there. The program fails: that is what it is for. */
async function pasteAndRun() {
  const folder = await mkdtemp(join(tmpdir(), "checkout-"));
  try {
    for (const file of ["instrument.mjs", "app.mjs"]) await writeFile(join(folder, file), await codeOf(file));
    await symlink(join(root, "tests/sdk/node/node_modules"), join(folder, "node_modules"));
    const [, ...options] = (await codeOf("Run it")).trim().split(" ");
    const said = await new Promise((resolve) => {
      const settings = { cwd: folder, env: { PATH: process.env.PATH } };
      execFile(process.execPath, ["--preserve-symlinks", ...options], settings, (_, __, stderr) => resolve(stderr));
    });
    assert.match(said, /Hello, LightTrace/);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("the first admin sets LightTrace up with the printed link", async () => {
  await page.goto(server.setUpLink);
  await page.getByLabel("Email").waitFor();
  // The token is out of the address, and a reload does not lose it.
  assert.equal(new URL(page.url()).search, "");
  await page.reload();
  await page.getByLabel("Email").waitFor();
  await takePictures("setup");
  await page.getByLabel("Name").fill(account.name);
  await page.getByLabel("Email").fill(account.email);
  await page.getByLabel(/^Password/).fill(account.password);
  await page.getByRole("button", { name: "Create account" }).click();
  // Nothing has been sent yet: the next step is shown.
  await page.waitForURL((url) => url.pathname === "/projects/shop/setup");
  await page.getByText("Waiting for the first event…").waitFor();
});

test("the set-up link works once", async () => {
  await openFreshBrowser();
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

test("they make a project by its platform", async () => {
  await page.goto("/projects");
  await page.getByRole("link", { name: "New project" }).click();
  await page.getByRole("heading", { name: "New project", level: 1 }).waitFor();
  await takePictures("project-new");
  const search = page.getByLabel("Search platforms");
  await search.fill("node");
  await search.press("Enter");
  await page.getByLabel("Name").fill("Checkout & Co");
  assert.equal(await page.getByLabel("Slug").inputValue(), "checkout-co");
  // `shop` is there already: the refusal says so where the person is.
  await page.getByLabel("Slug").fill("shop");
  await page.getByRole("button", { name: "Create project" }).click();
  await page.getByRole("alert").filter({ hasText: "shop" }).waitFor();
  await page.getByLabel("Slug").fill("checkout");
  await page.getByRole("button", { name: "Create project" }).click();
  await page.waitForURL(/\/projects\/checkout\/setup/);
});

test("the set-up page waits, and shows instructions for the platform", async () => {
  await page.getByText("Waiting for the first event…").waitFor();
  await page.getByText("Set up Node.js").waitFor();
  await page.getByRole("region", { name: "instrument.mjs", exact: true }).waitFor();
  await takePictures("project-setup-waiting");
});

test("what was turned away meanwhile is told", async () => {
  const { username, origin, pathname } = new URL(await page.locator("code").first().innerText());
  const refused = await page.request.post(`${origin}/api${pathname}/envelope/?sentry_key=${username}`, {
    data: '{}\n{"type":"event"}\nno JSON\n',
  });
  assert.equal(refused.status(), 400);
  await page.getByText("Something came today and was turned away").waitFor();
});

test("a test event goes the whole real way and is no first event", async () => {
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByRole("link", { name: "Open its issue" }).waitFor();
  await page.getByText("Waiting for the first event…").waitFor();
});

test("the pasted code, run by the real SDK, turns it green", async () => {
  await pasteAndRun();
  await page.getByText("The first event is here").waitFor();
  await takePictures("project-setup-green");
  await page.getByRole("link", { name: "Open the issue" }).click();
  await page.getByRole("heading", { name: /Hello, LightTrace/ }).first().waitFor();
});

test("every platform has its instructions", async () => {
  await page.goto("/projects/checkout/setup");
  const select = page.getByLabel("Platform");
  await select.waitFor();
  const names = await select.locator("option").evaluateAll((options) => options.map((option) => option.value));
  assert.ok(names.length >= 20, `${names.length} platforms`);
  for (const name of names) {
    await select.selectOption(name);
    await page.waitForURL((url) => url.searchParams.get("sdk") === name);
    await page.getByText(/^Set up /).last().waitFor();
    await page.getByText("Hello, LightTrace").first().waitFor();
  }
});

test("keys are rotated and switched off", async () => {
  await page.goto("/projects/checkout/settings/keys");
  await page.getByRole("button", { name: "Rotate" }).click();
  await page.getByText(/^Default \(/).waitFor();
  await page.getByRole("button", { name: "Disable" }).first().click();
  await page.getByText("disabled", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Edit", exact: true }).last().click();
  await page.getByLabel("Limit of the key: events").fill("1000");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("1,000 events a minute").waitFor();
  await takePictures("project-settings-keys");
});

test("scrubbing shows what it would take out before it is saved", async () => {
  await page.goto("/projects/checkout/settings/scrubbing");
  await page.getByLabel("Keys to leave alone").fill("nothing_of_the_kind");
  await page.getByLabel("Further keys to take out").fill("lineno\nlighttrace.test");
  await page.getByText(/more would be taken out of/).waitFor();
  await page.getByLabel("Stored event", { exact: true }).last().selectOption({ index: 2 });
  await page.getByText(/^tags\./).waitFor();
  await takePictures("project-settings-scrubbing-stored");
  await page.getByText("Pasted JSON").click();
  await page.getByLabel("An event as JSON").fill('{"extra": {"iban": "DE02", "password": "hunter2", "n": 1}}');
  await page.getByText("extra.password").waitFor();
  await page.getByLabel("Further keys to take out").fill("iban");
  await page.getByText("extra.iban").waitFor();
  await takePictures("project-settings-scrubbing");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").first().waitFor();
  await page.reload();
  assert.equal(await page.getByLabel("Further keys to take out").inputValue(), "iban");
});

test("name, limit and retention are changed", async () => {
  await page.goto("/projects/checkout/settings/limits");
  await page.getByLabel("Limit of the project: events").fill("500");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/Now: 500 events a minute/).waitFor();
  await takePictures("project-settings-limits");
  await page.goto("/projects/checkout/settings/retention");
  await page.getByLabel("Keep events for").fill("30");
  await page.getByText(/erases events that were received more than 30 days ago/).waitFor();
  await takePictures("project-settings-retention");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").first().waitFor();
  await page.goto("/projects/checkout/settings");
  await page.getByLabel("Slug").fill("till");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/\/projects\/till\/settings/);
  await takePictures("project-settings-general");
  // A link from before still leads there.
  await page.goto("/projects/checkout/settings/keys");
  await page.waitForURL(/\/projects\/till\/settings\/keys/);
});

test("the list says what happens in each project", async () => {
  await page.goto("/projects/new?platform=go");
  await page.getByLabel("Name").fill("Later");
  await page.getByRole("button", { name: "Create project" }).click();
  await page.waitForURL(/\/projects\/later\/setup/);
  await page.goto("/projects");
  await page.getByText("2 unresolved").waitFor();
  await page.getByText("waiting for the first event").waitFor();
  await takePictures("projects-list");
});

test("a project is deleted by typing its name", async () => {
  await page.goto("/projects/till/settings/delete");
  await takePictures("project-settings-delete");
  // On a phone the open section's name is in sight, though the row is wider.
  await page.setViewportSize(PHONE);
  await page.reload();
  const section = await page.getByRole("link", { name: "Delete", exact: true }).boundingBox();
  assert.ok(section.x >= 0 && section.x + section.width <= PHONE.width, JSON.stringify(section));
  await page.setViewportSize(WIDE);
  await page.getByRole("button", { name: /^Delete Checkout/ }).click();
  const confirm = page.getByRole("button", { name: "Delete for good" });
  assert.ok(await confirm.isDisabled());
  await page.getByLabel("Type till to confirm").fill("till");
  await confirm.click();
  await page.waitForURL((url) => url.pathname === "/projects");
  await page.getByRole("link", { name: "shop", exact: true }).waitFor();
  assert.equal(await page.getByText("Checkout & Co", { exact: true }).count(), 0);
});

test("after a minute the page says what to check", async () => {
  await page.clock.install();
  await page.goto("/projects/later/setup");
  await page.getByText("Waiting for the first event…").waitFor();
  await page.clock.fastForward(61_000);
  await page.getByText("Nothing yet? In this order:").waitFor();
  await takePictures("project-setup-doubtful");
});

test("no page complained", async () => {
  await closeTab();
  assert.deepEqual(complaints, []);
});
