// Fails when a first visit would fetch more than the budget: the entry and, of all pages, the largest,
// each with everything it imports statically. What pages load later (highlighting) does not count.
import { readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const BUDGET_BYTES = 80 * 1024;
const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));

function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, seen);
  return seen;
}

const sizes = new Map();
function bytes(key) {
  const { file } = manifest[key];
  if (!sizes.has(file)) sizes.set(file, brotliCompressSync(readFileSync(`dist/${file}`)).length);
  return sizes.get(file);
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const pages = manifest[entry].dynamicImports.filter((key) => key.startsWith('src/routes/'));
if (pages.length === 0) throw new Error('the manifest names no page: has the layout of src/routes changed?');
let worst = 0;
for (const page of pages) {
  const total = [...closure(page, closure(entry))].reduce((sum, key) => sum + bytes(key), 0);
  worst = Math.max(worst, total);
  console.log(`${(total / 1024).toFixed(1).padStart(6)} KB brotli  ${page}`);
}
console.log(`${(BUDGET_BYTES / 1024).toFixed(1).padStart(6)} KB budget`);
if (worst > BUDGET_BYTES) {
  console.error('The initial JavaScript is over its budget.');
  process.exit(1);
}
