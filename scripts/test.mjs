/**
 * `npm test`: every test, from a fresh clone. Further arguments go to Jest: `npm test -- test/storage`. The last line is
 * `N passed, N failed, N skipped`. Where CI is set, a skipped test is a failure: there, nothing may be missing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, ROOT } from './prepare.mjs';

ensureInstalled();
ensureBuilt(); // The end-to-end tests run dist/main.js.

const directory = mkdtempSync(join(tmpdir(), 'kumocast-test-'));
const file = join(directory, 'tally.json');
const jest = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', join('node_modules', 'jest', 'bin', 'jest.js'), ...process.argv.slice(2)],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, TALLY_FILE: file } },
);
const tally = readTally();
rmSync(directory, { recursive: true, force: true });

const isSkippingForbidden = /^(1|true)$/i.test(process.env.CI ?? '');
const skipped = tally?.skipped ?? [];
if (skipped.length > 0) warnOfSkipped(skipped);
if (jest.error !== undefined) console.error(`Jest could not be started: ${jest.error.message}`);

// Exit codes first, the line last: nothing may be printed after it.
process.exitCode = jest.status ?? 1;
if (process.exitCode === 0 && skipped.length > 0 && isSkippingForbidden) process.exitCode = 1;
if (tally !== undefined) console.log(`${tally.passed} passed, ${tally.failed} failed, ${skipped.length} skipped`);

/** Nothing for `--listTests` and its like, or when Jest itself fell over. */
function readTally() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A test that needs a service says so in its title, or that of a `describe` around it: `[needs redis]`. */
function warnOfSkipped(titles) {
  const byService = new Map();
  for (const title of titles) {
    const services = [...title.matchAll(/\[needs ([^\]]+)\]/g)].map((match) => match[1]);
    for (const service of services.length > 0 ? services : [undefined]) {
      byService.set(service, [...(byService.get(service) ?? []), title]);
    }
  }
  console.error('\n!!! Tests were skipped:');
  for (const [service, missed] of byService) {
    if (service === undefined) for (const title of missed) console.error(`!!!   ${title}`);
    else console.error(`!!!   ${missed.length} for want of ${service}`);
  }
  if (isSkippingForbidden) console.error('!!! In CI that is a failure.');
  console.error('');
}
