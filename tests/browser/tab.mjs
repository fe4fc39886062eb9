// One person at one browser: a page of a server under test, what it complained of, and its pictures.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { assertAccessible } from "./accessibility.mjs";
import { root } from "./server.mjs";

const pictures = join(root, "target/pictures");
/** Nothing here takes longer than this, however slow the machine. */
const WAIT_MS_MAX = 30_000;
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

export async function openTab(server) {
  await mkdir(pictures, { recursive: true });
  const executablePath = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
    (path) => path && existsSync(path),
  );
  // Root has no sandbox in a container, and the pages are our own.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: SIZES[0], baseURL: server.url });
  context.setDefaultTimeout(WAIT_MS_MAX);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // A refused resource (the content security policy) and a broken script both end here.
    if (message.type() === "error" && !/status of 40[149]/.test(message.text())) complaints.push(message.text());
  });
  return { page, complaints, takePictures: (name) => takePictures(page, name), close: () => browser.close() };
}

/** `NAME-light-1440.png` and the like, with the page as it is; each must fit its width and be accessible. */
async function takePictures(page, name) {
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
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize(SIZES[0]);
}
