// An owner invites a colleague, who joins, sees what their role may see, and is removed; pictures of every page of the settings.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertAccessible } from "./accessibility.mjs";
import { PHONE, WAIT_MS_MAX, WIDE, launchBrowser, overflow } from "./browser.mjs";
import { root, startServer } from "./server.mjs";

const pictures = join(root, "target/pictures");
const password = "correct horse battery";

let server, browser, owner, colleague, link;
const complaints = [];

before(async () => {
  await mkdir(pictures, { recursive: true });
  server = await startServer();
  browser = await launchBrowser();
  owner = await openPage();
  colleague = await openPage();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Of somebody else each time: cookies are not shared. */
async function openPage() {
  const context = await browser.newContext({ viewport: WIDE, baseURL: server.url, reducedMotion: "reduce" });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 40[013]/.test(message.text())) complaints.push(message.text());
  });
  return page;
}

async function takePictures(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    for (const size of [WIDE, PHONE]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(size);
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${size.width}.png`), fullPage: true });
      const beyond = await overflow(page);
      assert.ok(beyond <= 0, `${name} scrolls sideways by ${beyond} px at ${size.width} px`);
      await assertAccessible(page, `${name}, ${colorScheme}, ${size.width} px`);
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize(WIDE);
}

const heading = (page, name) => page.getByRole("heading", { name, level: 1 }).waitFor();

test("an owner invites a colleague by a link", async () => {
  await owner.goto(server.setUpLink);
  await owner.getByLabel("Name").fill("Ada Lovelace");
  await owner.getByLabel("Email").fill("ada@example.com");
  await owner.getByLabel(/^Password/).fill(password);
  await owner.getByRole("button", { name: "Create account" }).click();
  await owner.waitForURL((url) => url.pathname !== "/setup");
  await owner.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).first().click();
  await heading(owner, "People");
  await owner.getByRole("button", { name: "Invite" }).click();
  await owner.getByLabel("Email").fill("grace@example.com");
  await owner.getByLabel("Viewer").check();
  await owner.getByLabel("Only these").check();
  await owner.getByLabel("shop").check();
  await takePictures(owner, "invite");
  await owner.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
  link = await owner.getByText(/\/invite#/).innerText();
  await owner.getByText(/Mail is not set up/).waitFor();
  await takePictures(owner, "invited");
  await owner.getByRole("button", { name: "Done" }).click();
  await owner.getByText("grace@example.com").waitFor();
});

test("the colleague joins and is not offered what a viewer may not do", async () => {
  const asked = [];
  colleague.on("request", (request) => asked.push(request.url().split("#")[0]));
  const token = link.split("#").at(-1);
  // A link of an earlier version, then a link pasted into the page that is open.
  await colleague.goto(`/invite/${token}`);
  await colleague.getByLabel("Name").waitFor();
  await colleague.goto("/invite?");
  await colleague.getByText("The link is not whole").waitFor();
  asked.length = 0;
  await colleague.evaluate((hash) => (location.hash = hash), token);
  await colleague.getByLabel("Name").waitFor();
  await colleague.goto("about:blank");
  await colleague.goto(link);
  await colleague.getByLabel("Name").waitFor();
  assert.ok(asked.length > 0 && !asked.some((url) => url.includes(token)), "no request has the token in its address");
  // The token is out of the address, and a reload does not lose it.
  assert.equal(new URL(colleague.url()).pathname, "/invite");
  await colleague.reload();
  await colleague.getByLabel("Name").waitFor();
  await takePictures(colleague, "join");
  await colleague.getByLabel("Name").fill("Grace Hopper");
  await colleague.getByLabel(/^Password/).fill(password);
  await colleague.getByRole("button", { name: "Create account" }).click();
  await colleague.waitForURL(/\/issues/);
  await colleague.goto("/settings/members");
  await colleague.getByText("Ada Lovelace").waitFor();
  assert.equal(await colleague.getByRole("button", { name: "Invite" }).count(), 0);
  assert.equal(await colleague.getByRole("button", { name: /^Remove/ }).count(), 0);
  assert.equal(await colleague.getByRole("link", { name: "Audit log" }).count(), 0);
  await colleague.goto("/projects");
  await colleague.getByRole("link", { name: /shop/i }).first().waitFor();
  assert.equal(await colleague.getByRole("link", { name: "New project" }).count(), 0);
  assert.equal(await colleague.getByRole("main").getByRole("link", { name: "Settings" }).count(), 0);
  await colleague.goto("/projects/shop/settings/keys");
  await colleague.getByText("Admins change this").waitFor();
});

test("the link works once", async () => {
  const stranger = await openPage();
  await stranger.goto(link);
  await stranger.getByLabel("Name").fill("Mallory");
  await stranger.getByLabel(/^Password/).fill(password);
  await stranger.getByRole("button", { name: "Create account" }).click();
  await stranger.getByText("This link is not valid any more").waitFor();
  await stranger.context().close();
});

test("a token is shown once", async () => {
  await owner.goto("/settings/tokens");
  await owner.getByText("No token yet").waitFor();
  await takePictures(owner, "tokens-empty");
  await owner.getByRole("button", { name: "New token" }).click();
  await owner.getByLabel("Name").fill("deploy script");
  await owner.getByLabel(/Builds and deploys/).check();
  await takePictures(owner, "token-form");
  await owner.getByRole("button", { name: "Make token" }).click();
  const token = await owner.getByRole("dialog").locator("code").innerText();
  assert.match(token, /^[0-9a-f]{64}$/);
  // It cannot be shown again, so only its button takes it away.
  await owner.keyboard.press("Escape");
  await owner.mouse.click(5, 5);
  assert.ok(await owner.getByRole("dialog").locator("code").isVisible());
  await owner.getByRole("button", { name: "Done" }).click();
  await owner.getByText("deploy script").waitFor();
  assert.equal(await owner.getByText(token).count(), 0);
  await takePictures(owner, "tokens");
});

test("the account page names, signs out elsewhere and changes the password", async () => {
  const elsewhere = await openPage();
  await elsewhere.goto("/login");
  await elsewhere.getByLabel("Email").fill("ada@example.com");
  await elsewhere.getByLabel(/^Password/).fill(password);
  await elsewhere.getByRole("button", { name: "Sign in" }).click();
  await elsewhere.waitForURL(/\/issues/);
  await owner.goto("/settings/account");
  await owner.getByText("this one").waitFor();
  await takePictures(owner, "account");
  await owner.getByRole("button", { name: "Sign out all others" }).click();
  await owner.getByText("Signed out everywhere but here.").waitFor();
  await elsewhere.goto("/settings/account");
  await elsewhere.waitForURL(/\/login/);
  await owner.getByLabel("Current password").fill("not my password");
  await owner.getByLabel("New password").fill("another long password");
  await owner.getByRole("button", { name: "Change password" }).click();
  await owner.getByText("That is not your password").waitFor();
  await owner.getByLabel("Current password").fill(password);
  await owner.getByRole("button", { name: "Change password" }).click();
  await owner.getByText("Your password is changed.", { exact: false }).waitFor();
});

test("a member is changed and removed, and the audit log has it all", async () => {
  await owner.goto("/settings/members");
  await owner.getByRole("button", { name: "Change Grace Hopper" }).click();
  await owner.getByRole("radio", { name: /^Member/ }).check();
  await owner.getByRole("button", { name: "Save" }).click();
  await owner.getByRole("listitem").filter({ hasText: "Grace Hopper" }).getByText("Member", { exact: true }).waitFor();
  await takePictures(owner, "members");
  await owner.getByRole("button", { name: "Remove Grace Hopper" }).click();
  await takePictures(owner, "member-remove");
  await owner.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await owner.getByText("grace@example.com").waitFor({ state: "detached" });
  await colleague.goto("/issues");
  await colleague.waitForURL(/\/login/);
  await owner.getByRole("link", { name: "Audit log" }).click();
  await heading(owner, "Audit log");
  await owner.getByText(/removed/).first().waitFor();
  await takePictures(owner, "audit");
});

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
