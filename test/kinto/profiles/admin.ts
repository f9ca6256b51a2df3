import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc, { type Arbitrary } from 'fast-check';
import { preflightHeaders, requestHeaders } from '../generate/headers.js';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { user } from '../generate/values.js';
import type { Profile, Step } from '../step.js';
import type { Surroundings } from '../surroundings.js';

/** As small as a build of Kinto Admin can be. */
const FILES: Readonly<Record<string, string>> = {
  VERSION: '6.4.0\n',
  'index.html': '<!doctype html><title>Admin</title><script src="assets/a.js"></script>\n',
  'assets/a.js': 'console.log("é");\n',
  'assets/a.css': 'body { color: black }\n',
  'assets/a.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
  'assets/a.json': '{"a": 1}\n',
  'assets/a.unheard': 'a',
  'assets/deep/a b.txt': 'text\n',
};

const PATHS = [
  '/v1/admin',
  '/v1/admin?x=1',
  '/v1/admin/',
  '/v1/admin/?x=1',
  '/admin',
  '/admin/',
  ...Object.keys(FILES).map((name) => `/v1/admin/${encodeURI(name)}`),
  '/v1/admin/assets/a.js?v=1',
  '/v1/admin/none',
  '/v1/admin/none/',
  '/v1/admin/assets',
  '/v1/admin/assets/deep',
  '/v1/admin/..%2Fkinto.ini',
  '/v1/admin/assets/%2e%2e/VERSION',
  '/v1/admin/.hidden',
  '/v1/administration',
  '/v1/',
];

const ask: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom(...PATHS),
    fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE'),
    user,
  )
  .chain(([path, method, who]) =>
    (method === 'OPTIONS' ? preflightHeaders : requestHeaders).map((headers) => ({ method, path, headers, user: who })),
  );

function surround(directory: string): Promise<Surroundings> {
  const folder = join(directory, 'admin');
  for (const [name, text] of Object.entries({ ...FILES, '.hidden': 'hidden' })) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return Promise.resolve({ iniOf: () => [`kinto.admin_assets_path = ${folder}`] });
}

/** A page that is a program of its own, and its files. */
export const admin: Profile = {
  name: 'admin',
  ini: ['kinto.includes = kinto.plugins.admin', 'kinto.experimental_permissions_endpoint = true'],
  weight: 0.3,
  surround,
  scenario: scenarioOf(fc.oneof({ weight: 5, arbitrary: ask }, { weight: 1, arbitrary: anyStep() })),
};
