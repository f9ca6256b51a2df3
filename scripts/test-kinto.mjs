/**
 * `npm run test:kinto`: the same requests to a real Kinto and to kumocast, and every difference between the answers.
 * Python 3 with venv and pip is needed, and PyPI unless KINTO_VENV names an environment that has Kinto already.
 * `npm run test:kinto -- --help` says what can be asked for.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';
import { ensureBuilt, ensureInstalled, ROOT } from './prepare.mjs';

const SOURCE = join(ROOT, 'test');

/** What the comparison is made of. */
const PARTS = [/^kinto\/.*(?<!\.spec)\.ts$/, /^support\/identity-provider\.ts$/];

/** Below the project's directory, so that the packages it imports are found from there. */
const COMPILED = join(ROOT, 'var', 'test-kinto');

ensureInstalled();
// A build that is not this tree's: to judge another version.
if (process.env.KUMOCAST_MAIN === undefined) ensureBuilt();
compile();
const { main } = await import(pathToFileURL(join(COMPILED, 'kinto', 'main.js')).href);
process.exitCode = await main(process.argv.slice(2), ROOT);

/** Only takes the types away; `npm run check` looks at them. */
function compile() {
  rmSync(COMPILED, { recursive: true, force: true });
  for (const name of readdirSync(SOURCE, { recursive: true })) {
    const path = name.replaceAll('\\', '/');
    if (!PARTS.some((part) => part.test(path))) continue;
    const { code } = transformSync(readFileSync(join(SOURCE, name), 'utf8'), {
      filename: name,
      sourceMaps: 'inline',
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    });
    const file = join(COMPILED, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
}
