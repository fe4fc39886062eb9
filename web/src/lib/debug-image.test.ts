import { expect, it } from 'vitest';
import { imageFacts } from './debug-image';

it.each([
  [
    { type: 'elf', code_file: '/opt/app/libshop.so', debug_id: 'a1-2', image_addr: '0x7f00', arch: 'x86_64' },
    { name: 'libshop.so', id: 'a1-2', details: 'elf · x86_64 · 0x7f00' },
  ],
  [
    { type: 'pe', code_file: 'C:\\shop\\till.exe', code_id: '5ab3' },
    { name: 'till.exe', id: '5ab3', details: 'pe' },
  ],
  [
    { type: 'sourcemap', code_file: 'https://shop.example/app.js', debug_id: 'b3' },
    { name: 'app.js', id: 'b3', details: 'sourcemap' },
  ],
  [
    { name: 'Shop', uuid: 'c4', image_addr: 4096 },
    { name: 'Shop', id: 'c4', details: '4096' },
  ],
  [{ debug_id: { not: 'a text' } }, { name: 'image', id: '', details: '' }],
])('%o is told by its name and id', (image, facts) => {
  expect(imageFacts(image)).toEqual(facts);
});
