import { readFileSync } from 'node:fs';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
/** It takes half a second; a busy machine may need a few. */
const GENERATION_MS_MAX = 60_000;

it('schema.d.ts is what openapi.json gives', { timeout: GENERATION_MS_MAX }, async () => {
  // The options are those of the script `types`.
  const syntax = await openapiTS(read('../../../../openapi.json'), {
    emptyObjectsUnknown: true,
    silent: true,
  });
  const generated = COMMENT_HEADER + astToString(syntax);
  expect(read('./schema.d.ts'), 'mended by `npm run types`').toBe(generated);
});
