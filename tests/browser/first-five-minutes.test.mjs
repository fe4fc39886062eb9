// From an empty data folder to the first error of one's own program, without a manual; then the project's settings.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PHONE, WIDE } from "./browser.mjs";
import { root, startServer } from "./server.mjs";
import { openTab } from "./tab.mjs";

let server, tab, page;

before(async () => {
  server = await startServer();
  tab = await openTab(server);
  page = tab.page;
});

after(async () => {
  await tab?.close();
  await server?.stop();
});

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

test("an account, then a project by its platform", async () => {
  await page.goto(server.setUpLink);
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Email").fill("ada@example.com");
  await page.getByLabel(/^Password/).fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL((url) => url.pathname !== "/setup");
  await page.goto("/projects");
  await page.getByRole("link", { name: "New project" }).click();
  await page.getByRole("heading", { name: "New project", level: 1 }).waitFor();
  await tab.takePictures("project-new");
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
  await tab.takePictures("project-setup-waiting");
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
  await tab.takePictures("project-setup-green");
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
  await tab.takePictures("project-settings-keys");
});

test("scrubbing shows what it would take out before it is saved", async () => {
  await page.goto("/projects/checkout/settings/scrubbing");
  await page.getByLabel("Keys to leave alone").fill("nothing_of_the_kind");
  await page.getByLabel("Further keys to take out").fill("lineno\nlighttrace.test");
  await page.getByText(/more would be taken out of/).waitFor();
  await page.getByLabel("Stored event", { exact: true }).last().selectOption({ index: 2 });
  await page.getByText(/^tags\./).waitFor();
  await tab.takePictures("project-settings-scrubbing-stored");
  await page.getByText("Pasted JSON").click();
  await page.getByLabel("An event as JSON").fill('{"extra": {"iban": "DE02", "password": "hunter2", "n": 1}}');
  await page.getByText("extra.password").waitFor();
  await page.getByLabel("Further keys to take out").fill("iban");
  await page.getByText("extra.iban").waitFor();
  await tab.takePictures("project-settings-scrubbing");
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
  await tab.takePictures("project-settings-limits");
  await page.goto("/projects/checkout/settings/retention");
  await page.getByLabel("Keep events for").fill("30");
  await page.getByText(/erases events that were received more than 30 days ago/).waitFor();
  await tab.takePictures("project-settings-retention");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").first().waitFor();
  await page.goto("/projects/checkout/settings");
  await page.getByLabel("Slug").fill("till");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/\/projects\/till\/settings/);
  await tab.takePictures("project-settings-general");
  // A link from before still leads there.
  await page.goto("/projects/checkout/settings/keys");
  await page.waitForURL(/\/projects\/till\/settings\/keys/);
});

test("the list says what happens in each project", async () => {
  await page.goto("/projects");
  await page.getByText("2 unresolved").waitFor();
  await page.getByText("waiting for the first event").waitFor();
  await tab.takePictures("projects-list");
});

test("a project is deleted by typing its name", async () => {
  await page.goto("/projects/till/settings/delete");
  await tab.takePictures("project-settings-delete");
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
  await page.goto("/projects/shop/setup");
  await page.getByText("Waiting for the first event…").waitFor();
  await page.clock.fastForward(61_000);
  await page.getByText("Nothing yet? In this order:").waitFor();
  await tab.takePictures("project-setup-doubtful");
});

test("no page complained", () => {
  assert.deepEqual(tab.complaints, []);
});
