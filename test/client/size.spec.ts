import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { transformSync } from '@swc/core';

const ROOM = fileURLToPath(new URL('../../src/client', import.meta.url));

/** In bytes, compressed. */
const MOST = 6000;

describe('The client', () => {
  it('is small: minified and compressed it has less than 6 kB', () => {
    const minified = readdirSync(ROOM).map((file) => {
      const { code } = transformSync(readFileSync(join(ROOM, file), 'utf8'), {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022', minify: { compress: true, mangle: true } },
        module: { type: 'es6' },
        minify: true,
      });
      return code;
    });
    const size = gzipSync(minified.join('\n')).length;
    expect(size).toBeGreaterThan(500);
    expect(size).toBeLessThan(MOST);
  });
});
