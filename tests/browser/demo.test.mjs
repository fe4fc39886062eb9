// Somebody looks around in the demo: what they see first must be worth looking at.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { assertAccessible } from "./accessibility.mjs";
import { root, startServer } from "./server.mjs";

const pictures = join(root, "target/pictures");
const WAIT_MS_MAX = 20_000;
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

let server, browser, page;

before(async () => {
  await mkdir(pictures, { recursive: true });
  server = await startServer();
  await server.loadDemo();
  const executablePath = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
    (path) => path && existsSync(path),
  );
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: SIZES[0], baseURL: server.url });
  context.setDefaultTimeout(WAIT_MS_MAX);
  await server.signUp(context);
  page = await context.newPage();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function takePictures(name) {
  for (const colorScheme of ["light", "dark"]) {
    for (const size of SIZES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(size);
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${size.width}.png`), fullPage: true });
      const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.ok(overflow <= 0, `${name} scrolls sideways by ${overflow} px at ${size.width} px`);
      await assertAccessible(page, `${name}, ${colorScheme}, ${size.width} px`);
    }
  }
  await page.setViewportSize(SIZES[0]);
}

test("the list shows what goes on in the shop", async () => {
  await page.goto("/issues");
  await page.getByRole("link", { name: /PaymentUnavailable/ }).first().waitFor();
  await page.getByText("regressed").first().waitFor();
  await takePictures("demo-issues");
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
