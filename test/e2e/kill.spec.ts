import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { Commands } from '../support/command.js';
import { ApiClient } from './api-client.js';
import { ensureLogEqualsTables } from './log-equals-tables.js';

const ROUNDS = 20;
const WRITERS = 32;

/** How long a round writes before the kill, in ms; the moment is drawn anew each time. */
const LONGEST_ROUND = 600;

const RECORDS = '/buckets/default/collections/tasks/records';

/** What a record may look like after the crash: as last answered, or as the request under way would have left it. */
interface Expectation {
  answered: string | undefined;
  asked: string | undefined;
}

const GONE = 'gone';

class UnexpectedAnswer extends Error {
  constructor(status: number) {
    super(`answered ${status}`);
  }
}

/** Creates, changes and deletes records of its own, one request after another, until the server is gone. */
async function write(api: ApiClient, writer: string, expected: Map<string, Expectation>): Promise<number> {
  let answers = 0;
  for (let turn = 0; ; turn++) {
    const id = `${writer}-${turn >> 2}`;
    const state = expected.get(id) ?? { answered: undefined, asked: undefined };
    expected.set(id, state);
    const isDelete = turn % 4 === 3 && turn % 8 === 7;
    state.asked = isDelete ? GONE : `${writer}:${turn}`;
    try {
      const { status } = isDelete
        ? await api.ask('DELETE', `${RECORDS}/${id}`)
        : await api.ask('PUT', `${RECORDS}/${id}`, { mark: state.asked });
      if (status !== 200 && status !== 201) throw new UnexpectedAnswer(status);
    } catch (error) {
      if (error instanceof UnexpectedAnswer) throw error;
      return answers; // The connection is gone, before or in the middle of the answer.
    }
    state.answered = state.asked;
    answers++;
  }
}

describe('kill -9 under 32 writers', () => {
  const commands = new Commands();
  afterAll(() => commands.clear());

  it(`loses no answered write in ${ROUNDS} rounds, and leaves a log that equals the tables`, async () => {
    const file = join(commands.directory, 'killed.sqlite');
    const ini = commands.write(
      'killed.ini',
      `[app:main]
multiauth.policies = basicauth
kinto.includes = kinto.plugins.default_bucket
kinto.storage_url = ${file}
kinto.event_listeners = live
kinto.event_listeners.live.use = websocket
`,
    );
    let answered = 0;
    let logged = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const command = commands.start('start', '--ini', ini, '--port', '0');
      const api = new ApiClient(await command.url());
      const expected = new Map<string, Expectation>();
      const writers = Array.from({ length: WRITERS }, (_, index) => write(api, `r${round}w${index}`, expected));
      await new Promise((resolve) => setTimeout(resolve, randomInt(20, LONGEST_ROUND)));
      command.kill('SIGKILL');
      for (const count of await Promise.all(writers)) answered += count;
      await command.ended;

      const again = commands.start('start', '--ini', ini, '--port', '0');
      const restarted = new ApiClient(await again.url());
      const left = await readMarks(restarted, `r${round}w`);
      for (const [id, { answered: last, asked }] of expected) {
        const found = left.get(id) ?? GONE;
        // A record that was never answered may be there or not, but never half.
        expect([last ?? GONE, asked]).toContain(found);
      }
      again.kill('SIGKILL');
      await again.ended;
      logged = ensureLogEqualsTables(file);
    }
    expect(answered).toBeGreaterThan(ROUNDS * WRITERS);
    expect(logged).toBeGreaterThanOrEqual(answered);
  }, 240_000);
});

async function readMarks(api: ApiClient, prefix: string): Promise<Map<string, string>> {
  const { status, body } = await api.ask('GET', `${RECORDS}?like_id=${prefix}*`);
  expect(status).toBe(200);
  const records = body.data as unknown as { id: string; mark: string }[];
  return new Map(records.map(({ id, mark }) => [id, mark]));
}
