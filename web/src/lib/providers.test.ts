import { expect, it } from 'vitest';
import { repositoryOf } from './providers';

it.each([
  ['https://github.com/acme/shop', 'github', 'acme/shop', 'https://github.com/acme/shop'],
  [' https://github.com/acme/shop.git/ ', 'github', 'acme/shop', 'https://github.com/acme/shop'],
  [
    'https://gitlab.acme.example/web/front/shop.git',
    'gitlab',
    'web/front/shop',
    'https://gitlab.acme.example/web/front/shop',
  ],
  ['https://codeberg.org/acme/shop', 'gitea', 'acme/shop', 'https://codeberg.org/acme/shop'],
  ['http://git.local:3000/acme/shop?tab=readme', null, 'acme/shop', 'http://git.local:3000/acme/shop'],
])('%s is of %s', (address, provider, name, url) => {
  expect(repositoryOf(address)).toEqual({ provider, name, url });
});

it.each(['', 'acme/shop', 'git@github.com:acme/shop.git', 'javascript:alert(1)', 'https://github.com/'])(
  '%j is the address of none',
  (address) => expect(repositoryOf(address)).toBeNull(),
);
