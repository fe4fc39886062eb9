// Pictures of a page for people to look at; while at it, each must fit its width and be accessible.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { assertAccessible } from "./accessibility.mjs";
import { overflow, PHONE, WIDE } from "./browser.mjs";
import { root } from "./server.mjs";

const pictures = join(root, "target/pictures");

/** `NAME-light-1440.png` and the like, with the page as it is. */
export async function picture(page, name) {
  await mkdir(pictures, { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    for (const size of [WIDE, PHONE]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(size);
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${size.width}.png`), fullPage: true });
      const by = await overflow(page);
      assert.ok(by <= 0, `${name} scrolls sideways by ${by} px at ${size.width} px`);
      // Colours are those of the theme, whatever the width.
      if (colorScheme === "light" || size === WIDE) await assertAccessible(page, `${name}, ${colorScheme}, ${size.width} px`);
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await page.setViewportSize(WIDE);
}
