import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Commands } from '../support/command.js';
import { ApiClient } from './api-client.js';
import { ensureLogEqualsTables } from './log-equals-tables.js';

/** `POWER_ROUNDS=50 npm test -- test/e2e/power-loss` is the long form. */
const ROUNDS = Number(process.env.POWER_ROUNDS ?? 8);
const WRITERS = 16;
const LONGEST_ROUND = 400;
const RECORDS = '/buckets/default/collections/tasks/records';

const LAYER = fileURLToPath(new URL('../support/synced-files.c', import.meta.url));

const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

/** It drops what was never synced; made for Linux, by whatever C compiler there is. */
const describeWithCompiler = hasCompiler ? describe : describe.skip;

/** Writes until the server is gone; notes what was answered. */
async function write(api: ApiClient, writer: string, answered: Map<string, number>): Promise<void> {
  for (let turn = 0; ; turn++) {
    const id = `${writer}-${turn % 5}`;
    try {
      const { status } = await api.ask('PUT', `${RECORDS}/${id}`, { turn });
      if (status !== 200 && status !== 201) throw new RangeError(`answered ${status}`);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      return;
    }
    answered.set(id, turn);
  }
}

/** What the disk has after the power is back: of each file, what had been synced. */
function cutBack(file: string): void {
  for (const path of [file, `${file}-wal`]) {
    const synced = `${path}.synced`;
    if (existsSync(synced)) copyFileSync(synced, path);
    else rmSync(path, { force: true });
  }
  // Shared memory is no file that survives.
  rmSync(`${file}-shm`, { force: true });
}

describeWithCompiler('Power loss [needs cc]', () => {
  const commands = new Commands();
  afterAll(() => commands.clear());

  it(
    `loses no answered write in ${ROUNDS} rounds, with the files as they had been synced`,
    async () => {
      const layer = join(commands.directory, 'synced-files.so');
      const built = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', layer, LAYER, '-ldl']);
      expect(built.stderr.toString()).toBe('');
      const file = join(commands.directory, 'power.sqlite');
      const ini = commands.write(
        'power.ini',
        `[app:main]
multiauth.policies = basicauth
kinto.includes = kinto.plugins.default_bucket
kinto.storage_url = ${file}
`,
      );
      const answered = new Map<string, number>();
      for (let round = 0; round < ROUNDS; round++) {
        commands.env.LD_PRELOAD = layer;
        const command = commands.start('start', '--ini', ini, '--port', '0');
        const api = new ApiClient(await command.url());
        const writers = Array.from({ length: WRITERS }, (_, index) => write(api, `r${round}w${index}`, answered));
        await new Promise((resolve) => setTimeout(resolve, randomInt(50, LONGEST_ROUND)));
        command.kill('SIGKILL');
        await Promise.all(writers);
        await command.ended;
        cutBack(file);
        ensureLogEqualsTables(file);

        delete commands.env.LD_PRELOAD;
        const again = commands.start('start', '--ini', ini, '--port', '0');
        const { body } = await new ApiClient(await again.url()).ask('GET', `${RECORDS}?like_id=r${round}w*`);
        const found = new Map(
          (body.data as unknown as { id: string; turn: number }[]).map(({ id, turn }) => [id, turn]),
        );
        for (const [id, turn] of answered) {
          if (id.startsWith(`r${round}w`)) expect([id, found.get(id)! >= turn]).toEqual([id, true]);
        }
        again.kill('SIGKILL');
        await again.ended;
        // What the second server wrote without the layer counts as synced: it goes on from these very files.
        for (const path of [file, `${file}-wal`]) {
          if (existsSync(path)) copyFileSync(path, `${path}.synced`);
          else rmSync(`${path}.synced`, { force: true });
        }
      }
      expect(answered.size).toBeGreaterThan(ROUNDS * 5);
    },
    100_000 + ROUNDS * 20_000,
  );
});
