// Somebody looks around in the demo: what they see first must be worth looking at.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, signedIn } from "./browser.mjs";
import { picture } from "./picture.mjs";
import { startServer } from "./server.mjs";

let server, browser, page;

before(async () => {
  server = await startServer({ withAccount: true });
  await server.loadDemo();
  browser = await launchBrowser();
  page = await (await signedIn(browser, server)).newPage();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("the list shows what goes on in the shop", async () => {
  await page.goto("/issues");
  await page.getByRole("link", { name: /PaymentUnavailable/ }).first().waitFor();
  await page.getByText("regressed").first().waitFor();
  await picture(page, "demo-issues");
});

test("what is made up says so wherever a project is named", async () => {
  const row = page.getByRole("listitem").filter({ hasText: "PaymentUnavailable" }).first();
  await row.getByText("demo", { exact: true }).waitFor();
  const choices = await page.getByLabel("Project", { exact: true }).locator("option").allInnerTexts();
  assert.deepEqual(choices.map((name) => name.endsWith(" · demo")), [false, false, true, true, true], choices.join(", "));
  await page.goto("/projects");
  await page.getByRole("link", { name: "Demo shop: API" }).waitFor();
  assert.equal(await page.locator("main").getByText("demo", { exact: true }).count(), 3);
  await page.goto("/issues");
});

test("an error of the payment provider tells how it came", async () => {
  await page.getByRole("link", { name: /PaymentUnavailable/ }).first().click();
  const source = page.getByRole("region", { name: "Source of charge" }).first();
  await source.waitFor();
  assert.match(await source.innerText(), /throw new PaymentUnavailable\("The payment provider does not answer"/);
  await page.getByText("StripeAPIError").first().waitFor();
  await page.getByText("api.stripe.example").first().waitFor();
  await picture(page, "demo-issue");
});

test("a task of the worker shows its locals", async () => {
  await page.goto("/issues?query=CarrierUnavailable&statsPeriod=14d");
  await page.getByRole("link", { name: /CarrierUnavailable/ }).first().click();
  await page.getByText("length_mm").first().waitFor();
  await picture(page, "demo-worker-issue");
});
