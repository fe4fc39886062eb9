// One person at one browser: a page of a server that nobody has set up yet, what it complained of, and its pictures.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { assertAccessible } from "./accessibility.mjs";
import { launchBrowser, overflow, PHONE, WAIT_MS_MAX, WIDE } from "./browser.mjs";
import { root } from "./server.mjs";

const pictures = join(root, "target/pictures");

export async function openTab(server) {
  await mkdir(pictures, { recursive: true });
  const browser = await launchBrowser();
  const context = await browser.newContext({ viewport: WIDE, baseURL: server.url });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // A refused resource (the content security policy) and a broken script both end here; so do answers that the page
    // waits out or tells.
    if (message.type() === "error" && !/status of 40[149]/.test(message.text())) complaints.push(message.text());
  });
  return { page, complaints, takePictures: (name) => takePictures(page, name), close: () => browser.close() };
}

/** `NAME-light-1440.png` and the like, with the page as it is; each must fit its width and be accessible. */
async function takePictures(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    for (const size of [WIDE, PHONE]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(size);
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${size.width}.png`), fullPage: true });
      const hidden = await overflow(page);
      assert.ok(hidden <= 0, `${name} scrolls sideways by ${hidden} px at ${size.width} px`);
      await assertAccessible(page, `${name}, ${colorScheme}, ${size.width} px`);
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize(WIDE);
}
