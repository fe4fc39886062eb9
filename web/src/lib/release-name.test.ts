import { expect, it } from 'vitest';
import { releaseName } from './release-name';

it.each([
  ['shop@2.14.3', '2.14.3'],
  ['@scope/app@1.0.0-rc.1+7', '1.0.0-rc.1+7'],
  ['2.14.3', '2.14.3'],
  ['0123456789abcdef0123456789abcdef01234567', '0123456789'],
  ['shop@0123456789abcdef0123456789abcdef01234567', '0123456789'],
  ['odd@', 'odd@'],
])('%s is called %s', (version, name) => expect(releaseName(version)).toBe(name));
