// Somebody looks around in the demo: what they see first must be worth looking at.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertAccessible } from "./accessibility.mjs";
import { PHONE, WIDE, launchBrowser, overflow, signedIn } from "./browser.mjs";
import { root, startServer } from "./server.mjs";

const pictures = join(root, "target/pictures");

let server, browser, page;

before(async () => {
  await mkdir(pictures, { recursive: true });
  server = await startServer({ withAccount: true });
  await server.loadDemo();
  browser = await launchBrowser();
  page = await (await signedIn(browser, server)).newPage();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function takePictures(name) {
  for (const colorScheme of ["light", "dark"]) {
    for (const size of [WIDE, PHONE]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(size);
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${size.width}.png`), fullPage: true });
      const pixels = await overflow(page);
      assert.ok(pixels <= 0, `${name} scrolls sideways by ${pixels} px at ${size.width} px`);
      await assertAccessible(page, `${name}, ${colorScheme}, ${size.width} px`);
    }
  }
  await page.setViewportSize(WIDE);
}

test("the list shows what goes on in the shop", async () => {
  await page.goto("/issues");
  await page.getByRole("link", { name: /PaymentUnavailable/ }).first().waitFor();
  await page.getByText("regressed").first().waitFor();
  await takePictures("demo-issues");
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
  await takePictures("demo-issue");
});

test("a task of the worker shows its locals", async () => {
  await page.goto("/issues?query=CarrierUnavailable&statsPeriod=14d");
  await page.getByRole("link", { name: /CarrierUnavailable/ }).first().click();
  await page.getByText("length_mm").first().waitFor();
  await takePictures("demo-worker-issue");
});
