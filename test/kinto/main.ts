import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { Difference, KintoStorage } from './difference.js';
import { DIFFERENCES } from './differences.js';
import { closeSignatureOf, Judge, signatureOf } from './judge.js';
import { Peer } from './peer.js';
import { HELP, optionsFrom, type Options } from './options.js';
import { describe } from './report.js';
import { shrink } from './shrink.js';
import type { Profile } from './step.js';
import { ensureKinto } from './venv.js';

const SECRET = 'a-secret-for-both';

/** Of one kind of difference, as far as that is known before it is made small. */
const MAX_ALIKE = 3;

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
  printTotals(totals);
  return totals.differences === 0 && isDocumented ? 0 : 1;
}

interface Run {
  readonly options: Options;
  /** The program. */
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
  try {
    for (const start of [startKinto, startKumocast]) peers.push(await start(profile, directory, run));
    const [kinto, kumocast] = peers as [Peer, Peer];
    const judge = new Judge(kinto, kumocast, { principalOf, ...profile }, storage);
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
  }
}

async function playAll(profile: Profile, judge: Judge, requests: number, { options, totals }: Run): Promise<void> {
  let sent = 0;
  let found = 0;
  const alike = new Map<string, number>();
  const first = options.scenario ?? 0;
  for (let number = first; sent < requests && found < options.max; number++) {
    const [scenario] = fc.sample(profile.scenario, { seed: options.seed + number, numRuns: 1 });
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

function startKinto(profile: Profile, directory: string, { kinto, options }: Run): Promise<Peer> {
  const file = writeIni(directory, 'kinto.ini', profile, kintoStorageLines(options.postgresql));
  if (options.postgresql !== undefined) execFileSync(kinto, ['migrate', '--ini', file], { stdio: 'ignore' });
  return Peer.start('kinto', directory, file, (port) => [kinto, 'start', '--ini', file, '--port', String(port)]);
}

function kintoStorageLines(postgresql: string | undefined): string[] {
  const backend = postgresql === undefined ? 'memory' : 'postgresql';
  return ['storage', 'permission', 'cache'].flatMap((kind) => [
    `kinto.${kind}_backend = kinto.core.${kind}.${backend}`,
    ...(postgresql === undefined ? [] : [`kinto.${kind}_url = ${postgresql}`]),
  ]);
}

function startKumocast(profile: Profile, directory: string, { root, options, kinto }: Run): Promise<Peer> {
  // Kinto's names for what there is here, too: an existing kinto.ini works as it is.
  const file = writeIni(directory, 'kumocast.ini', profile, kintoStorageLines(undefined));
  const program = process.env.KUMOCAST_MAIN ?? join(root, 'dist', 'main.js');
  const command = options.itself ? [kinto] : [process.execPath, program];
  return Peer.start('kumocast', directory, file, (port) => [
    ...command,
    'start',
    '--ini',
    file,
    '--port',
    String(port),
  ]);
}

function writeIni(directory: string, name: string, profile: Profile, storage: readonly string[]): string {
  const file = join(directory, name);
  const lines = [
    '[app:main]',
    'use = egg:kinto',
    'multiauth.policies = basicauth',
    `kinto.userid_hmac_secret = ${SECRET}`,
    'kinto.default_bucket_hmac_secret = another-secret',
    // What each calls itself by default is its own.
    'kinto.project_name = kinto',
    'kinto.project_version = 1.2.3',
    ...storage,
    // What the profile says counts.
    ...profile.ini,
    '[server:main]',
    'use = egg:waitress#main',
    'host = 127.0.0.1',
    'port = %(http_port)s',
  ];
  const keyOf = (line: string): string => line.split('=', 1)[0]!.trim();
  const own = new Set(profile.ini.map(keyOf));
  const kept = lines.filter((line) => profile.ini.includes(line) || !own.has(keyOf(line)));
  writeFileSync(file, `${kept.join('\n')}\n`);
  return file;
}

/** basicauth's recipe (kinto-api.md, 8.2). */
function principalOf(user: string): string {
  return `basicauth:${createHmac('sha256', SECRET).update(`${user}:secret`).digest('hex')}`;
}

function checkDocumented(root: string): boolean {
  const docs = readFileSync(join(root, 'docs', 'kinto.md'), 'utf8');
  const rows = new Set(docs.split('\n').map((line) => line.split('|')[1]?.trim()));
  const missing = DIFFERENCES.filter(({ name }) => !rows.has(name));
  for (const { name } of missing) console.log(`docs/kinto.md has no row "${name}"`);
  return missing.length === 0;
}

function printTotals({ requests, differences, unsteady, used }: Totals): void {
  console.log('\nKnown differences, and how often they were met:');
  for (const difference of DIFFERENCES) {
    console.log(`${String(used.get(difference) ?? 0).padStart(7)}  ${difference.name} (${difference.reason})`);
  }
  console.log(`\n${requests} requests, ${differences} differences, ${unsteady} seen once and not again`);
}
