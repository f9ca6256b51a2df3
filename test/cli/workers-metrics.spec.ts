import { Agent, request } from 'node:http';
import { Commands, type RunningCommand } from '../support/command.js';
import { found } from '../support/found.js';
import { describeWithPostgresql, PostgresqlServer } from '../support/postgresql.js';

const COUNT = 3;
const METRICS = '/v1/__metrics__';
const ASKED_FOR = '/v1/__lbheartbeat__';

describeWithPostgresql('The metrics of several workers [needs postgresql]', () => {
  const commands = new Commands();
  let postgresql: PostgresqlServer;
  let server: RunningCommand;
  let base: URL;
  let sent: number;
  let asked = 0;
  let kept: Agent;
  beforeAll(async () => {
    postgresql = await PostgresqlServer.start();
  });
  beforeEach(async () => {
    const file = commands.write(
      'workers.ini',
      `[app:main]
multiauth.policies = basicauth
kinto.includes = kinto.plugins.prometheus
kinto.storage_backend = postgresql
kinto.storage_url = ${await postgresql.makeDatabase()}
kinto.log_requests = true
kinto.workers = ${COUNT}
`,
    );
    server = commands.start('start', '--ini', file, '--port', '0');
    base = new URL(await server.url());
    sent = 0;
    kept = new Agent({ keepAlive: true, maxSockets: 1 });
    await serving(COUNT);
  });
  afterEach(async () => {
    kept.destroy();
    server.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    expect(code).toBe(0);
    // What they say to each other is no order.
    expect(stdout).not.toContain('SIGHUP');
  });
  afterAll(async () => {
    await commands.clear();
    await postgresql.stop();
  });

  /** Resolves when as many workers as this have begun to serve. */
  const serving = (count: number) =>
    found(async () => (server.printed.match(/Serving /g)?.length === count ? true : undefined), `${count} serve`);

  /** On a connection of its own, which goes to any of the workers, unless there is one to keep. */
  function ask(path: string, agent: Agent | false = false): Promise<{ status: number; text: string; pid: number }> {
    const rid = `request-${(asked += 1)}`;
    return new Promise((resolve, reject) => {
      const sending = request(new URL(path, base), { agent, headers: { 'x-request-id': rid } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          pidOf(rid).then((pid) => resolve({ status: response.statusCode ?? 0, text, pid }), reject);
        });
      });
      sending.on('error', reject).end();
    });
  }

  /** The process that has logged a request. */
  const pidOf = (rid: string) =>
    found(async () => {
      const line = server.printed.split('\n').find((each) => each.includes(`rid="${rid}"`));
      return line === undefined ? undefined : Number(/^\[\w+\] (\d+) /.exec(line)?.[1]);
    }, `${rid} is logged`);

  /** Sends requests until each worker has answered some. @returns the workers */
  async function sendToAll(count = COUNT): Promise<number[]> {
    const pids = new Set<number>();
    while (pids.size < count) {
      const { status, pid } = await ask(ASKED_FOR);
      expect(status).toBe(200);
      sent += 1;
      pids.add(pid);
    }
    return [...pids];
  }

  const valueOf = (text: string, sample: string) => {
    const line = text.split('\n').find((each) => each.startsWith(sample));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };
  const counted = (text: string) =>
    valueOf(text, 'kumocast_request_summary_total{method="get",endpoint="lbheartbeat",');
  const ofHistogram = (text: string) =>
    valueOf(text, 'kumocast_request_duration_seconds_bucket{le="+Inf",method="get",endpoint="lbheartbeat"');
  const answered = (text: string) => valueOf(text, 'kumocast_workers_answered ');

  /** An answer in which so many told theirs: on a machine that is busy enough, one may come too late. */
  const scraped = (count: number, agent?: Agent) =>
    found(async () => {
      const answer = await ask(METRICS, agent);
      expect(answer.status).toBe(200);
      expect(valueOf(answer.text, 'kumocast_workers ')).toBe(COUNT);
      return answered(answer.text) === count ? answer : undefined;
    }, `${count} workers answer`);

  /** One that answers on the kept connection, and another one. */
  async function two(workers: readonly number[]): Promise<{ asking: number; other: number }> {
    const { pid: asking } = await scraped(COUNT, kept);
    return { asking, other: workers.find((pid) => pid !== asking)! };
  }

  it('are summed, whichever of them is asked, and together agree', async () => {
    await sendToAll();
    const asking = new Set<number>();
    while (asking.size < COUNT) {
      const { text, pid } = await scraped(COUNT);
      asking.add(pid);
      expect([counted(text), ofHistogram(text)]).toEqual([sent, sent]);
    }
    const scrapes = await Promise.all(Array.from({ length: 20 }, () => ask(METRICS)));
    for (const { status, text } of scrapes) {
      expect([status, counted(text), ofHistogram(text)]).toEqual([200, sent, sent]);
    }
    expect(new Set(scrapes.map(({ pid }) => pid)).size).toBeGreaterThan(1);
    const names = scrapes[0]!.text.split('\n').filter((line) => line.startsWith('# TYPE '));
    expect(new Set(names).size).toBe(names.length);
    expect(scrapes[0]!.text).toContain(
      '# HELP kumocast_request_summary_total Counter of kumocast_request_summary\n# TYPE kumocast_request_summary_total counter\n',
    );
  });

  it('wait for one that stands still no longer than they must, and have its last numbers', async () => {
    const { asking, other } = await two(await sendToAll());
    process.kill(other, 'SIGSTOP');
    try {
      for (let times = 0; times < 3; times++) {
        const { text, pid } = await scraped(COUNT - 1, kept);
        expect([pid, counted(text)]).toEqual([asking, sent]);
      }
    } finally {
      process.kill(other, 'SIGCONT');
    }
    expect(counted((await scraped(COUNT, kept)).text)).toBe(sent);
  });

  it('neither fail nor fall when one is killed while it is asked', async () => {
    const { other } = await two(await sendToAll());
    process.kill(other, 'SIGSTOP');
    const scrape = ask(METRICS, kept);
    process.kill(other, 'SIGKILL');
    const { status, text } = await scrape;
    expect([status, counted(text)]).toEqual([200, sent]);
    await serving(COUNT + 1);
    await sendToAll();
    expect(counted((await scraped(COUNT, kept)).text)).toBe(sent);
  });

  it('are refused, not told in part, while the process that gathers them stands still', async () => {
    await two(await sendToAll());
    process.kill(server.pid, 'SIGSTOP');
    try {
      expect((await ask(METRICS, kept)).status).toBe(503);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    expect(counted((await scraped(COUNT, kept)).text)).toBe(sent);
  });

  it('have what one that ends in good order measured last', async () => {
    const workers = await sendToAll();
    process.kill(workers[0]!, 'SIGTERM');
    await serving(COUNT + 1);
    expect(counted((await scraped(COUNT)).text)).toBe(sent);
  });
});
