import { readFileSync } from 'node:fs';
import { Commands } from '../support/command.js';
import { found } from '../support/found.js';
import { describeWithPostgresql, PostgresqlServer } from '../support/postgresql.js';

const commands = new Commands();
afterAll(() => commands.clear());

const ini = (name: string, ...lines: string[]) =>
  commands.write(
    `${name}.ini`,
    `[app:main]\nmultiauth.policies = basicauth\nkinto.includes = kinto.plugins.default_bucket\n${lines.join('\n')}\n`,
  );
const start = (file: string) => commands.start('start', '--ini', file, '--port', '0');

describe('Several workers', () => {
  it('are refused where only one process may open the database', async () => {
    const { code, stderr } = await start(ini('one', 'kinto.storage_backend = memory', 'kinto.workers = 2')).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/one\.ini.*workers = 2: expected 1, since storage_backend = memory is for one process/);
  });

  it('are one, when as many are asked for as there are processors', async () => {
    const server = start(ini('any', 'kinto.storage_backend = memory', 'kinto.workers = 0'));
    expect((await fetch(`${await server.url()}/v1/`)).status).toBe(200);
    server.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });
});

describeWithPostgresql('Several workers on PostgreSQL [needs postgresql]', () => {
  let postgresql: PostgresqlServer;
  let database: string;
  beforeAll(async () => {
    postgresql = await PostgresqlServer.start();
    database = await postgresql.makeDatabase();
  });
  afterAll(async () => {
    await commands.clear();
    await postgresql.stop();
  });

  const lines = () => ['kinto.storage_backend = postgresql', `kinto.storage_url = ${database}`, 'kinto.workers = 2'];
  const childrenOf = (pid: number) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  const served = ({ printed }: { printed: string }) => printed.match(/Serving /g)?.length ?? 0;
  const create = async (base: string, title: string) => {
    const response = await fetch(`${base}/v1/buckets/default/collections/tasks/records`, {
      method: 'POST',
      // A connection each: they go round among the workers.
      headers: { 'content-type': 'application/json', authorization: `Basic ${btoa('a:b')}`, connection: 'close' },
      body: JSON.stringify({ data: { title } }),
    });
    return response.status;
  };

  it('serve one port, replace one that dies, and end together', async () => {
    const server = start(ini('two', ...lines()));
    const base = await server.url();
    await found(async () => (served(server) === 2 ? true : undefined), 'both serve');
    const before = childrenOf(server.pid);
    expect(before).toHaveLength(2);
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, n) => create(base, `${n}`)));
    expect(new Set(statuses)).toEqual(new Set([201]));
    process.kill(before[0]!, 'SIGKILL');
    await found(async () => (served(server) === 3 ? true : undefined), 'another one serves in its place');
    expect(childrenOf(server.pid)).toHaveLength(2);
    expect(await create(base, 'after')).toBe(201);
    const list = await fetch(`${base}/v1/buckets/default/collections/tasks/records`, {
      headers: { authorization: `Basic ${btoa('a:b')}` },
    });
    expect(((await list.json()) as { data: unknown[] }).data).toHaveLength(21);
    const left = childrenOf(server.pid);
    server.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    expect(code).toBe(0);
    expect(stdout.match(/All are to stop: answering what has arrived/g)).toHaveLength(2);
    for (const pid of left) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('do not start when the first of them cannot, and say why once', async () => {
    const file = ini('wrong', ...lines().slice(0, 2), 'kinto.workers = 3', 'kinto.event_listeners = nobody');
    const { code, stderr } = await start(file).ended;
    expect(code).toBe(2);
    expect(stderr.match(/nobody/g)!.length).toBeGreaterThan(0);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
