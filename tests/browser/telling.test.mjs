// Who is told what, and where: rules changed in their list, a channel that is tested, messages, and one's own wishes.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { callApi } from "./api.mjs";
import { launchBrowser, signedIn, watch } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";

const ORG = "/organizations/lighttrace";
const SECRET = "a secret of our own";
const RULE = "Checkout fails";
const CHANNEL = "Status page";

let server, browser, page, watched, receiver;
/** What the channel was sent. */
const posts = [];

before(async () => {
  receiver = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      posts.push({ headers: request.headers, body: Buffer.concat(chunks) });
      response.end("ok");
    });
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  server = await startServer({ withAccount: true, settings: { LIGHTTRACE_ALLOW_PRIVATE_TARGETS: "true" } });
  const body = { name: RULE, trigger: { type: "events", moreThan: 100, windowMinutes: 60 }, projects: ["shop"], environment: "production" };
  await callApi(server, `${ORG}/alert-rules/`, { method: "POST", body });
  browser = await launchBrowser();
  page = await (await signedIn(browser, server)).newPage();
  watched = watch(page, server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  receiver?.close();
});

const rule = async () => (await callApi(server, `${ORG}/alert-rules/`)).find(({ name }) => name === RULE);

test("a rule is switched off and muted in the list", async () => {
  await page.goto("/alerts/rules");
  const row = page.getByRole("list", { name: "Rules" }).getByRole("listitem").filter({ hasText: RULE });
  await row.getByText("tell everyone").waitFor();
  await row.getByRole("switch").click();
  await row.getByText("off", { exact: true }).waitFor();
  await row.getByRole("switch").click();
  await row.getByText("off", { exact: true }).waitFor({ state: "detached" });
  await row.getByRole("button", { name: `More for ${RULE}` }).click();
  await page.getByRole("menuitem", { name: "Mute for 8 h" }).click();
  await row.getByText("muted", { exact: true }).waitFor();
  const { enabled, mutedUntil } = await rule();
  assert.equal(enabled, true);
  assert.ok(Date.parse(mutedUntil) > Date.now());
});

test("what is saved of a rule is what its sentence says, and nothing else changes", async () => {
  await page.getByRole("link", { name: RULE }).click();
  await page.getByRole("button", { name: "Save rule" }).waitFor();
  await page.getByLabel("More than").fill("250");
  await page.getByLabel("Within", { exact: true }).selectOption("15");
  await page.getByLabel("Environment").selectOption("");
  await page.getByRole("button", { name: /^Take .* away$/ }).first().click();
  await page.getByLabel("Severity").selectOption("critical");
  await page.getByRole("button", { name: "Save rule" }).click();
  await page.waitForURL((url) => url.pathname === "/alerts/rules");
  const { trigger, environment, projects, severity, people, mutedUntil } = await rule();
  assert.deepEqual(trigger, { type: "events", moreThan: 250, windowMinutes: 15 });
  assert.deepEqual({ environment, projects, severity, people }, { environment: null, projects: [], severity: "critical", people: ["everyone"] });
  assert.ok(mutedUntil, "the mute is no part of the form");
});

test("a channel is added, says that its test arrived, and shows no secret", async () => {
  await page.goto("/alerts/channels");
  await page.getByRole("button", { name: "Add a channel" }).click();
  await page.getByLabel("Kind").selectOption("webhook");
  await page.getByLabel("URL").fill(`http://127.0.0.1:${receiver.address().port}/hook`);
  await page.getByLabel("Signing secret").fill(SECRET);
  await page.getByLabel("Name").fill(CHANNEL);
  await page.getByRole("button", { name: "Add channel" }).click();
  await page.getByRole("button", { name: `Test ${CHANNEL}` }).click();
  await page.getByText("It arrived.").waitFor();
  const [{ headers, body }] = posts;
  assert.equal(headers["x-lighttrace-signature"], `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`);
  assert.ok(headers["idempotency-key"]);
  await page.getByRole("button", { name: `Change ${CHANNEL}` }).click();
  assert.equal(await page.getByLabel("Signing secret").inputValue(), "");
  await page.getByLabel("Name").fill("Status board");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Test Status board" }).waitFor();
  const [kept] = await callApi(server, `${ORG}/notification-targets/`);
  assert.equal(kept.hasSecret, true, "a secret that is not typed again stays");
  assert.ok(!(await page.content()).includes(SECRET));
  await watched.quiet();
  await picture(page, "telling-channels");
});

test("the message stands among the deliveries", async () => {
  await page.goto("/alerts/deliveries");
  const row = page.getByRole("list", { name: "Messages" }).getByRole("listitem");
  await row.getByText("Test message").waitFor();
  await row.getByText("delivered", { exact: true }).waitFor();
  await page.getByLabel("State").selectOption("failed");
  await page.waitForURL(/state=failed/);
  await page.getByRole("heading", { name: "No message is so" }).waitFor();
});

test("one says what one wants to be told, and when", async () => {
  await page.goto("/settings/notifications");
  await page.getByText("This server sends no mail yet").waitFor();
  await page.getByLabel("from severity", { exact: true }).selectOption("high");
  await page.getByLabel("Quiet hours").check();
  await page.getByLabel("Quiet from").fill("23:30");
  await page.getByLabel("How often").selectOption("weekly");
  await page.getByLabel("Day", { exact: true }).selectOption("5");
  await page.getByLabel("Only of some projects").check();
  await page.getByRole("group", { name: "Projects" }).getByRole("checkbox").first().check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Your wishes are saved.").waitFor();
  await page.getByText(/^next in/).waitFor();
  await page.reload();
  await page.getByText(/^next in/).waitFor();
  assert.equal(await page.getByLabel("from severity", { exact: true }).inputValue(), "high");
  assert.equal(await page.getByLabel("Quiet from").inputValue(), "23:30");
  assert.equal(await page.getByLabel("Day", { exact: true }).inputValue(), "5");
  await watched.quiet();
  await picture(page, "telling-wishes");
});

test("no page complained", () => {
  assert.deepEqual(watched.complaints, []);
});
