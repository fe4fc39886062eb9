// An owner invites a colleague, who joins, sees what their role may see, and is removed; pictures of every page of the settings.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, WAIT_MS_MAX, WIDE } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";

const password = "correct horse battery";

let server, browser, owner, colleague, link;
const complaints = [];

before(async () => {
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
  await picture(owner, "invite");
  await owner.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
  link = await owner.getByText(/\/invite\//).innerText();
  await owner.getByText(/Mail is not set up/).waitFor();
  await picture(owner, "invited");
  await owner.getByRole("button", { name: "Done" }).click();
  await owner.getByText("grace@example.com").waitFor();
});

test("the colleague joins and is not offered what a viewer may not do", async () => {
  await colleague.goto(link);
  await colleague.getByLabel("Name").waitFor();
  await picture(colleague, "join");
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
  assert.equal(await colleague.getByRole("button", { name: "New project" }).count(), 0);
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
  await picture(owner, "tokens-empty");
  await owner.getByRole("button", { name: "New token" }).click();
  await owner.getByLabel("Name").fill("deploy script");
  await owner.getByLabel(/Builds and deploys/).check();
  await picture(owner, "token-form");
  await owner.getByRole("button", { name: "Make token" }).click();
  const token = await owner.getByRole("dialog").locator("code").innerText();
  assert.match(token, /^[0-9a-f]{64}$/);
  await owner.getByRole("button", { name: "Done" }).click();
  await owner.getByText("deploy script").waitFor();
  assert.equal(await owner.getByText(token).count(), 0);
  await picture(owner, "tokens");
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
  await picture(owner, "account");
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
  await picture(owner, "members");
  await owner.getByRole("button", { name: "Remove Grace Hopper" }).click();
  await picture(owner, "member-remove");
  await owner.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await owner.getByText("grace@example.com").waitFor({ state: "detached" });
  await colleague.goto("/issues");
  await colleague.waitForURL(/\/login/);
  await owner.getByRole("link", { name: "Audit log" }).click();
  await heading(owner, "Audit log");
  await owner.getByText(/removed/).first().waitFor();
  await picture(owner, "audit");
});

test("no page complained", () => {
  assert.deepEqual(complaints, []);
});
