// The whole story of an alert: a rule is made from a template and shows what it would have done, a real SDK sends a spike,
// a mail arrives, its link acknowledges, and the incident ends by itself once it is quiet.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { promisify } from "node:util";
import { callApi, settled } from "./api.mjs";
import { launchBrowser, PHONE, signedIn, watch } from "./browser.mjs";
import { canReceiveMail, startReceiver } from "./mail.mjs";
import { picture } from "./picture.mjs";
import { root, startServer } from "./server.mjs";

const ORG = "/organizations/lighttrace";
/** A spike is seen within 75 s of its beginning; a minute of quiet ends it, and the server looks every few seconds. */
const SPIKE_MS_MAX = 90_000;
const QUIET_MS_MAX = 180_000;
const skip = !canReceiveMail() && "scripts/test-deps.sh installs the mail server";

let mail, server, browser, page, watched;

before(async () => {
  if (skip) return;
  mail = await startReceiver();
  server = await startServer({
    withAccount: true,
    settings: { LIGHTTRACE_SMTP_URL: mail.url, LIGHTTRACE_SMTP_FROM: "LightTrace <alerts@example.com>" },
  });
  // Those that are there from the start would tell of the first event already.
  for (const { id } of await callApi(server, `${ORG}/alert-rules/`)) {
    await callApi(server, `${ORG}/alert-rules/${id}/`, { method: "PUT", body: { enabled: false } });
  }
  await fail(5);
  browser = await launchBrowser();
  page = await (await signedIn(browser, server)).newPage();
  watched = watch(page, server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  mail?.stop();
});

/** A program with the real SDK meets the same error so many times. */
async function fail(times) {
  await promisify(execFile)(process.execPath, [join(root, "tests/sdk/node/spike.cjs")], {
    env: { PATH: process.env.PATH, SENTRY_DSN: server.dsn, COUNT: `${times}` },
  });
  await settled(server);
}

const incidents = (status) => callApi(server, `${ORG}/incidents/?status=${status}`);

test("a rule is made from a template, and says what it would have done", { skip }, async () => {
  await page.goto("/alerts");
  await page.getByRole("heading", { name: "Nothing is on fire" }).waitFor();
  await page.getByRole("navigation", { name: "Alerts" }).getByRole("link", { name: "Rules" }).click();
  await page.getByRole("link", { name: "New rule" }).click();
  await page.getByRole("list", { name: "Templates" }).getByRole("link").filter({ hasText: "times as often" }).click();
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByText(/^Would (not )?have fired/).waitFor();
  await page.getByLabel("Quiet for").selectOption("1");
  await page.getByLabel("Name of the rule").fill("Payments spike");
  await page.getByRole("combobox", { name: "Only issues that match" }).fill('is:"');
  await page.getByText(/^Expected /).waitFor();
  await page.getByRole("combobox", { name: "Only issues that match" }).fill("is:unresolved");
  await preview.getByText(/^Would (not )?have fired/).waitFor();
  await watched.quiet();
  await picture(page, "alerts-rule");
  await page.getByRole("button", { name: "Create rule" }).click();
  await page.waitForURL((url) => url.pathname === "/alerts/rules");
  await page.getByRole("link", { name: "Payments spike" }).waitFor();
  const [made] = (await callApi(server, `${ORG}/alert-rules/`)).filter(({ name }) => name === "Payments spike");
  assert.equal(made.quietMinutes, 1);
  assert.equal(made.query, "is:unresolved");
  assert.equal(made.trigger.type, "spike");
});

test("a spike is told by mail, whose link acknowledges once it is confirmed", { skip }, async () => {
  await fail(200);
  const told = await mail.next(SPIKE_MS_MAX);
  assert.match(told.subject, /PaymentUnavailable/);
  const text = told.parts["text/plain"];
  const link = /^Acknowledge: (\S+)$/im.exec(text)?.[1];
  assert.ok(link, text);
  // From a phone on which nobody has signed in.
  const stranger = await browser.newContext({ viewport: PHONE, baseURL: server.url });
  const phone = await stranger.newPage();
  await phone.goto(link);
  await phone.getByRole("button", { name: /acknowledge/i }).waitFor();
  assert.equal((await incidents("open")).length, 1, "looking at the link acts");
  await phone.getByRole("button", { name: /acknowledge/i }).click();
  await phone.getByText(/acknowledged/i).first().waitFor();
  await stranger.close();
  const [incident] = await incidents("acknowledged");
  assert.equal(incident.acknowledgedBy.type, "person");
});

test("its page tells what happened, and takes notes", { skip }, async () => {
  await page.goto("/alerts");
  const row = page.getByRole("list", { name: "Incidents" }).getByRole("listitem");
  await row.getByText("acknowledged", { exact: true }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/alerts\/incidents\/\d+$/);
  const timeline = page.getByRole("region", { name: "Timeline" });
  await timeline.getByText(/It began/).waitFor();
  await timeline.getByText(/was told by email/).waitFor();
  await timeline.getByText(/Acknowledged/).waitFor();
  await timeline.getByLabel("Note").fill("The provider is **down**.");
  await timeline.getByRole("button", { name: /Add note/ }).click();
  await timeline.locator("strong", { hasText: "down" }).waitFor();
  await page.getByRole("region", { name: "Issue" }).getByRole("link", { name: /PaymentUnavailable/ }).waitFor();
  await watched.quiet();
  await picture(page, "alerts-incident");
  await page.getByRole("region", { name: "Issue" }).getByRole("link", { name: /PaymentUnavailable/ }).click();
  await page.getByText(/^Part of incident #\d+ \(acknowledged by /).waitFor();
});

test("its messages can be looked at", { skip }, async () => {
  await page.goto("/alerts/deliveries");
  await page.getByRole("list", { name: "Messages" }).getByText("delivered", { exact: true }).first().waitFor();
  await watched.quiet();
  await picture(page, "alerts-deliveries");
});

test("once it has been quiet, it is over by itself", { skip }, async () => {
  const [incident] = await incidents("acknowledged");
  await page.goto(`/alerts/incidents/${incident.id}`);
  await page.getByText(/^Over by itself after/).waitFor({ timeout: QUIET_MS_MAX });
  await page.getByRole("button", { name: "Reopen" }).waitFor();
  await watched.quiet();
  await picture(page, "alerts-resolved");
});

test("no page complained", { skip }, () => {
  // A query that makes no sense is answered 400, which the form says.
  assert.deepEqual(watched.complaints.filter((one) => !/\b400\b/.test(one)), []);
});
