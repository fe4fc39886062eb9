// What Mozilla's `source-map` says of random positions of a map:
//   node positions.cjs MINIFIED MAP COUNT
// One line of JSON a position: line and column in the minified file, then source, line, column and name in the
// original, or null. All lines and columns count from 0.
const { readFileSync } = require('node:fs');
const { SourceMapConsumer } = require('source-map');

const [minified, map, count] = process.argv.slice(2);
const lines = readFileSync(minified, 'utf8').split('\n');

// The same positions every time.
let state = 42;
const below = (end) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * end);
};

SourceMapConsumer.with(readFileSync(map, 'utf8'), null, (consumer) => {
  const out = [];
  for (let index = 0; index < Number(count); index += 1) {
    const line = below(lines.length);
    // A little beyond the end too.
    const column = below(lines[line].length + 10);
    const found = consumer.originalPositionFor({ line: line + 1, column });
    const original =
      found.source === null ? null : [found.source, found.line - 1, found.column, found.name];
    out.push(JSON.stringify([line, column, original]));
  }
  process.stdout.write(`${out.join('\n')}\n`);
});
