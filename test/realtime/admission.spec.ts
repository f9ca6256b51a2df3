import { CLOSE } from '../../src/realtime/close-codes.js';
import type { AdmissionRule, Verdict } from '../../src/realtime/pusher/admission.js';
import { signIn } from './support/authorize.js';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient } from './support/raw-client.js';

const REFUSED: Verdict = { refused: { type: 'AuthError', error: 'Not for you.', status: 403 } };

describe('A rule of admission', () => {
  let server: ChannelsServer;
  let asked: Parameters<AdmissionRule>[0][] = [];
  let answers: ((verdict: Verdict | undefined) => void)[] = [];
  let fail: ((error: Error) => void)[] = [];

  const rule: AdmissionRule = (request) => {
    asked.push(request);
    if (request.channel === 'open') return { member: undefined };
    if (request.channel === 'closed') return REFUSED;
    if (!request.channel.startsWith('slow')) return undefined;
    return new Promise((resolve, reject) => {
      answers.push(resolve);
      fail.push(reject);
    });
  };
  const last: AdmissionRule = ({ channel }) => (channel === 'slow-last' ? REFUSED : undefined);

  beforeEach(async () => {
    [asked, answers, fail] = [[], [], []];
    server = await startServer({}, 0, [rule, last]);
  });
  afterEach(() => server.close());

  const subscribe = (channel: string) => ({ event: 'pusher:subscribe', data: { auth: 'token', channel } });

  it('decides before the kind of the channel does, and leaves the others to it', async () => {
    const client = await RawClient.connect(server);
    for (const channel of ['open', 'closed', 'any', 'private-x']) client.say(subscribe(channel));
    const [open, closed, any, other] = await client.settle();
    expect(open).toContain('succeeded');
    expect(JSON.parse(closed ?? '')).toMatchObject({ channel: 'closed', data: { status: 403, error: 'Not for you.' } });
    expect(any).toContain('succeeded');
    expect(other).toContain('AuthError');
    await client.close();
  });

  it('is told who asks, and with what', async () => {
    const client = await RawClient.connect(server);
    await signIn(client, { id: 'u1' });
    client.say(subscribe('open'));
    await client.settle();
    expect(asked).toMatchObject([{ channel: 'open', auth: 'token', socketId: client.socketId, user: { id: 'u1' } }]);
    await client.close();
  });

  it('may take its time: what comes after waits, in order, and others do not', async () => {
    const client = await RawClient.connect(server);
    client.say(subscribe('slow'));
    await eventually(() => answers.length === 1, 'the rule was asked');
    client.say({ event: 'pusher:unsubscribe', data: { channel: 'slow' } });
    client.say(subscribe('slow-2'));
    client.say(subscribe('any'));
    const other = await RawClient.connect(server, 'any');
    expect(client.received).toHaveLength(1);
    answers[0]?.(undefined);
    await eventually(() => answers.length === 2, 'the rule was asked again');
    expect(server.hub.countSubscribers(APP.id, 'slow')).toBe(0);
    answers[1]?.(REFUSED);
    const [first, second, third, ...rest] = await client.settle();
    expect(first).toContain('"channel":"slow"');
    expect(second).toContain('Not for you.');
    expect(third).toContain('"channel":"any"');
    expect(rest).toEqual([]);
    await Promise.all([client.close(), other.close()]);
  });

  it('may leave it to the next rule late', async () => {
    const client = await RawClient.connect(server);
    client.say(subscribe('slow-last'));
    await eventually(() => answers.length === 1, 'the rule was asked');
    answers[0]?.(undefined);
    expect(await client.next()).toContain('Not for you.');
    await client.close();
  });

  it('is too late for who has gone', async () => {
    const client = await RawClient.connect(server);
    client.say(subscribe('slow'));
    await eventually(() => answers.length === 1, 'the rule was asked');
    await server.connections.drain(CLOSE.SERVER_RESTART);
    expect((await client.closed).code).toBe(1012);
    expect(server.hub.counters.connections).toBe(0);
    answers[0]?.({ member: undefined });
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.hub.countSubscribers(APP.id, 'slow')).toBe(0);
    expect(server.hub.counters.channels).toBe(0);
  });

  it('that fails ends the one connection with 1011', async () => {
    const client = await RawClient.connect(server);
    client.say(subscribe('slow'));
    await eventually(() => fail.length === 1, 'the rule was asked');
    fail[0]?.(new Error('on purpose'));
    expect((await client.closed).code).toBe(1011);
    await (await RawClient.connect(server, 'any')).close();
  });
});
