// WCAG A and AA as far as a machine can tell, by axe-core.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const axeSource = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

/** Fails with every violation's rule and elements on the page as it is shown now. */
export async function assertAccessible(page, name) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(TAGS)}, resultTypes: ["violations"] })`);
  const found = violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`) }));
  assert.deepEqual(found, [], `${name} is not accessible`);
}
