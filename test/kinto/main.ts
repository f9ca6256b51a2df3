import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { Difference, KintoStorage } from './difference.js';
import { DIFFERENCES } from './differences.js';
import { closeSignatureOf, Judge, signatureOf } from './judge.js';
import { HELP, optionsFrom, type Options } from './options.js';
import type { Peer } from './peer.js';
import { PROFILES } from './profiles.js';
import { describe } from './report.js';
import { shrink } from './shrink.js';
import { startKinto, startKumocast } from './start.js';
import type { Profile } from './step.js';
import { BASIC_USERS } from './surroundings.js';
import { ensureKinto } from './venv.js';

/** Of one kind of difference, as far as that is known before it is made small. */
const MAX_ALIKE = 3;

/** Requests; what has not been met in so many is rare. */
const LONG = 15_000;

interface Totals {
  requests: number;
  differences: number;
  unsteady: number;
  readonly used: Map<Difference, number>;
  readonly known: Set<string>;
}

/**
 * @param root the project's directory
 * @returns the exit code
 */
export async function main(args: readonly string[], root: string): Promise<number> {
  const options = optionsFrom(args);
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  const isDocumented = checkDocumented(root);
  const kinto = ensureKinto(join(root, 'var', 'kinto-venv'));
  const directory = mkdtempSync(join(tmpdir(), 'kumocast-kinto-'));
  const totals: Totals = { requests: 0, differences: 0, unsteady: 0, used: new Map(), known: new Set() };
  console.log(`Seed ${options.seed}, ${options.requests} requests`);
  const weight = options.profiles.reduce((sum, profile) => sum + (profile.weight ?? 1), 0);
  try {
    for (const profile of options.profiles) {
      const share = Math.ceil((options.requests * (profile.weight ?? 1)) / weight);
      await compareProfile(profile, share, { options, kinto, root, directory, totals });
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  printTotals(totals, options);
  return totals.differences === 0 && isDocumented ? 0 : 1;
}

interface Run {
  readonly options: Options;
  /** Its program. */
  readonly kinto: string;
  readonly root: string;
  readonly directory: string;
  readonly totals: Totals;
}

async function compareProfile(profile: Profile, requests: number, run: Run): Promise<void> {
  const { options, totals } = run;
  const storage: KintoStorage = options.postgresql === undefined ? 'memory' : 'postgresql';
  const directory = join(run.directory, profile.name);
  mkdirSync(directory);
  const peers: Peer[] = [];
  const surroundings = await profile.surround?.(directory);
  const setting = { profile, directory, surroundings, ...options, root: run.root, kinto: run.kinto };
  try {
    for (const start of [startKinto, startKumocast]) peers.push(await start(setting));
    const [kinto, kumocast] = peers as [Peer, Peer];
    const judge = new Judge(kinto, kumocast, { ...BASIC_USERS, ...profile.users, ...surroundings }, storage);
    const begun = Date.now();
    await playAll(profile, judge, requests, run);
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    console.log(`${profile.name}: ${judge.requests} requests in ${seconds} s`);
    totals.requests += judge.requests;
    for (const [difference, count] of judge.used) {
      totals.used.set(difference, (totals.used.get(difference) ?? 0) + count);
    }
  } catch (error) {
    totals.differences += 1;
    console.log(`\nDIFFERENCE ${totals.differences}  ${profile.name}: ${inspect(error)}`);
    for (const peer of peers) if (peer.output !== '') console.log(`${peer.name}: ${peer.output.slice(-1000)}`);
  } finally {
    for (const peer of peers) await peer.stop();
    await surroundings?.close?.();
  }
}

async function playAll(profile: Profile, judge: Judge, requests: number, { options, totals }: Run): Promise<void> {
  let sent = 0;
  let found = 0;
  const alike = new Map<string, number>();
  const first = options.scenario ?? 0;
  for (let number = first; sent < requests && found < options.max; number++) {
    const seed = scatter(options.seed, number);
    const [scenario] = fc.sample(profile.scenario, { seed, numRuns: 1 });
    const { exchanges, finding } = await judge.play(scenario!);
    sent += exchanges.length;
    if (finding !== undefined) {
      const signature = signatureOf(finding);
      const count = (alike.get(signature) ?? 0) + 1;
      alike.set(signature, count);
      const shrunk = count > MAX_ALIKE ? undefined : await shrink(judge, scenario!, signature);
      if (shrunk !== undefined) {
        const close = closeSignatureOf(shrunk.verdict.finding!);
        if (!totals.known.has(close)) {
          totals.known.add(close);
          found += 1;
          totals.differences += 1;
          const again = `--profile ${profile.name} --seed ${options.seed} --scenario ${number}`;
          console.log(`\nDIFFERENCE ${totals.differences}  ${signature}  (${again})\n${describe(shrunk)}`);
        }
      } else if (count <= MAX_ALIKE) {
        totals.unsteady += 1;
        console.log(
          `\nSeen once, and not again: ${signature}\n${describe({ scenario: scenario!, verdict: { exchanges, finding } })}`,
        );
      }
    }
    if (options.scenario !== undefined) return;
  }
}

/** Numbers near to each other begin scenarios that are like each other, so that they are scattered first. */
function scatter(seed: number, number: number): number {
  let mixed = Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35);
  for (const factor of [0x7feb352d, 0x846ca68b]) mixed = Math.imul(mixed ^ (mixed >>> 15), factor);
  return mixed ^ (mixed >>> 16);
}

function checkDocumented(root: string): boolean {
  const docs = readFileSync(join(root, 'docs', 'kinto.md'), 'utf8');
  const rows = new Set(docs.split('\n').map((line) => line.split('|')[1]?.trim()));
  const missing = DIFFERENCES.filter(({ name }) => !rows.has(name));
  for (const { name } of missing) console.log(`docs/kinto.md has no row "${name}"`);
  return missing.length === 0;
}

function printTotals({ requests, differences, unsteady, used }: Totals, options: Options): void {
  const isOther = options.postgresql === undefined ? 'postgresql' : 'memory';
  const possible = DIFFERENCES.filter(({ kintoStorage }) => kintoStorage !== isOther);
  console.log('\nKnown differences, and how often they were met:');
  for (const difference of possible) {
    const count = used.get(difference);
    if (count !== undefined) console.log(`${String(count).padStart(7)}  ${difference.name} (${difference.reason})`);
  }
  if (requests >= LONG && options.profiles.length === PROFILES.length) {
    console.log('\nNever met in all these requests, and maybe obsolete:');
    for (const each of possible) if (!used.has(each)) console.log(`  ${each.name} (${each.reason})`);
  }
  console.log(`\n${requests} requests, ${differences} differences, ${unsteady} seen once and not again`);
}
