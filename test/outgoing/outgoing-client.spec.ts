import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { inspect } from 'node:util';
import { OutgoingClient, type OutgoingOptions, type OutgoingRequest } from '../../src/outgoing/outgoing-client.js';
import { OutgoingFailure, PrivateAddressRefused } from '../../src/outgoing/outgoing-failure.js';
import { eventually } from '../realtime/support/eventually.js';
import { FakeReceiver } from '../support/fake-receiver.js';

/** Answers each question with the next of these addresses, the last one for ever. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, options, callback) => {
    asked.push(hostname);
    const answer = answers[Math.min(asked.length, answers.length) - 1]!;
    const addresses = answer.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
    setImmediate(() => {
      if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
  return { lookup, asked };
}

describe('The outgoing client', () => {
  let receiver: FakeReceiver;
  let clients: OutgoingClient[] = [];
  const clientWith = (options: Partial<OutgoingOptions> = {}) => {
    const usual = { allowPrivateAddresses: true, maxResponseBytes: 1000, connections: 2 };
    const client = new OutgoingClient({ ...usual, ...options });
    clients.push(client);
    return client;
  };
  const post = (more: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
    ...{ method: 'POST', url: `${receiver.url}/hook?x=1`, body: '{"a":"é"}', timeout: 5000 },
    ...more,
  });
  const failureOf = async (sending: Promise<unknown>): Promise<Error> => {
    const failure: unknown = await sending.then(
      () => new Error('it was answered'),
      (error: unknown) => error,
    );
    if (!(failure instanceof Error)) throw new Error('it failed without an error');
    return failure;
  };

  beforeEach(async () => (receiver = await FakeReceiver.open()));
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    clients = [];
    await receiver.close();
  });

  it('sends what it is given and returns the answer', async () => {
    receiver.reactions.push({ status: 418, body: 'grüezi', headers: { 'X-Own': 'yes' } });
    const answer = await clientWith().send(post({ headers: { 'content-type': 'application/json' } }));
    expect(answer).toMatchObject({ status: 418, text: 'grüezi', headers: { 'x-own': 'yes' } });
    expect(receiver.received).toMatchObject([
      { method: 'POST', path: '/hook?x=1', body: '{"a":"é"}', headers: { 'content-type': 'application/json' } },
    ]);
  });

  it('sends bytes as they are, and no password that stands in a URL', async () => {
    const url = `http://mat:secret@127.0.0.1:${receiver.port}/`;
    await clientWith().send(post({ url, body: new TextEncoder().encode('bytes') }));
    expect(receiver.received).toMatchObject([{ path: '/', body: 'bytes' }]);
    expect(receiver.received[0]?.headers.authorization).toBeUndefined();
  });

  it.each([301, 302, 303, 307, 308])('does not follow a %d', async (status) => {
    receiver.reactions.push({ status, headers: { location: `${receiver.url}/elsewhere` } });
    const answer = await clientWith().send(post());
    expect([answer.status, receiver.received.length]).toEqual([status, 1]);
  });

  it('keeps a connection for the next request', async () => {
    const client = clientWith({ connections: 1 });
    for (let times = 0; times < 5; times++) {
      receiver.reactions.push({ status: 200, body: 'x'.repeat(1000) });
      await client.send(post());
    }
    expect([receiver.received.length, receiver.connections]).toEqual([5, 1]);
  });

  it('opens no more connections than it may, and sends everything', async () => {
    const client = clientWith({ connections: 3 });
    receiver.hold();
    const sending = Array.from({ length: 20 }, () => client.send(post()));
    await eventually(() => receiver.received.length === 3, 'three requests have arrived');
    receiver.release();
    await Promise.all(sending);
    expect([receiver.received.length, receiver.connections, receiver.mostAtOnce]).toEqual([20, 3, 3]);
  });

  it('reads no more of an answer than it may', async () => {
    const client = clientWith({ maxResponseBytes: 10 });
    receiver.reactions.push({ status: 200, body: 'x'.repeat(5_000_000) }, { status: 200, body: '0123456789' });
    expect((await client.send(post())).text).toBe('x'.repeat(10));
    expect((await client.send(post())).text).toBe('0123456789');
  });

  it('takes what has come of an answer that never ends', async () => {
    receiver.reactions.push({ status: 202, begun: 'begun' });
    expect(await clientWith().send(post({ timeout: 100 }))).toMatchObject({ status: 202, text: 'begun' });
  });

  it('does not wait for a server that hangs', async () => {
    receiver.reactions.push('hang');
    const failure = await failureOf(clientWith().send(post({ timeout: 50 })));
    expect(failure).toBeInstanceOf(OutgoingFailure);
    expect(failure.message).toBe('no answer within 50 ms');
  });

  it('does not wait for a name that is not resolved, or for a connection that is not free', async () => {
    const client = clientWith({ lookup: () => undefined });
    const started = performance.now();
    const failure = await failureOf(client.send(post({ url: 'http://hooks.example/', timeout: 50 })));
    expect(failure.message).toBe('no answer within 50 ms');
    const single = clientWith({ connections: 1 });
    receiver.hold();
    const first = single.send(post());
    await eventually(() => receiver.received.length === 1, 'the first request has arrived');
    expect((await failureOf(single.send(post({ timeout: 50 })))).message).toBe('no answer within 50 ms');
    expect(performance.now() - started).toBeLessThan(20_000);
    receiver.release();
    await first;
    await single.send(post());
    expect(receiver.received).toHaveLength(2);
  });

  it('gives up with the reason of whoever called it off', async () => {
    receiver.reactions.push('hang');
    const calledOff = new AbortController();
    const sending = clientWith().send(post({ signal: calledOff.signal }));
    await eventually(() => receiver.received.length === 1, 'the request has arrived');
    const reason = new Error('too late');
    calledOff.abort(reason);
    expect(await failureOf(sending)).toBe(reason);
    expect(await failureOf(clientWith().send(post({ signal: calledOff.signal })))).toBe(reason);
    expect(receiver.received).toHaveLength(1);
  });

  it('tells how a server was not reached, and shows neither path nor header', async () => {
    receiver.reactions.push('cut');
    const request = post({ url: `${receiver.url}/path-secret`, headers: { authorization: 'header-secret' } });
    const cut = await failureOf(clientWith().send(request));
    await receiver.close();
    const refused = await failureOf(clientWith().send(request));
    expect([cut.message, refused.message]).toEqual([
      'could not be reached (UND_ERR_SOCKET)',
      'could not be reached (ECONNREFUSED)',
    ]);
    const client = clientWith();
    void client.send(request).catch(() => undefined);
    const shown = inspect([cut, refused, client], { depth: 20, showHidden: true });
    expect(shown).not.toMatch(/path-secret|header-secret/);
  });

  it('may be closed twice, and ends what is under way', async () => {
    const client = clientWith();
    receiver.reactions.push('hang');
    const sending = failureOf(client.send(post()));
    await eventually(() => receiver.received.length === 1, 'the request has arrived');
    await client.close();
    await client.close();
    expect(await sending).toBeInstanceOf(OutgoingFailure);
    expect(await failureOf(client.send(post()))).toBeInstanceOf(OutgoingFailure);
  });

  describe('that may call only public addresses', () => {
    it.each([
      ['http://127.0.0.1', '127.0.0.1 is a loopback address'],
      ['http://127.1', '127.0.0.1 is a loopback address'],
      ['http://2130706433', '127.0.0.1 is a loopback address'],
      ['http://0x7f.0.0.1', '127.0.0.1 is a loopback address'],
      ['http://0', '0.0.0.0 is an unspecified address'],
      ['http://[::1]', '::1 is a loopback address'],
      ['http://[::ffff:127.0.0.1]', '::ffff:7f00:1 is a loopback address'],
      ['http://[::127.0.0.1]', '::7f00:1 is a reserved address'],
      ['http://10.1.2.3', '10.1.2.3 is a private address'],
      ['http://[fd12::1]', 'fd12::1 is a private address'],
      ['https://169.254.169.254', '169.254.169.254 is a link-local address'],
      ['http://localhost', 'localhost (127.0.0.1) is a loopback address'],
      ['http://LOCALHOST.', 'localhost. (127.0.0.1) is a loopback address'],
      ['http://a.localhost', 'a.localhost (127.0.0.1) is a loopback address'],
    ])('refuses %s before and when it is called', async (origin, message) => {
      const client = clientWith({ allowPrivateAddresses: false });
      const url = `${origin}:${receiver.port}/`;
      expect(() => client.ensureCallable(url)).toThrow(PrivateAddressRefused);
      const failure = await failureOf(client.send(post({ url })));
      expect(failure).toBeInstanceOf(PrivateAddressRefused);
      expect(failure.message).toBe(`${message}, and only public ones may be called: see allow_private_addresses`);
      expect(receiver.connections).toBe(0);
    });

    it.each([
      ['127.0.0.1', 'loopback'],
      ['10.0.0.7', 'private'],
      ['::1', 'loopback'],
      ['::ffff:127.0.0.1', 'loopback'],
      ['fe80::1', 'link-local'],
      ['64:ff9b::7f00:1', 'loopback'],
    ])('refuses a name that leads to %s', async (address, why) => {
      const { lookup } = resolver([address]);
      const client = clientWith({ allowPrivateAddresses: false, lookup });
      const url = `http://hooks.example:${receiver.port}/`;
      client.ensureCallable(url);
      const failure = await failureOf(client.send(post({ url })));
      expect(failure).toMatchObject({ name: 'PrivateAddressRefused', host: 'hooks.example', address });
      expect(failure.message).toContain(`hooks.example (${address}) is a ${why} address`);
      expect(receiver.connections).toBe(0);
    });

    it('refuses it over TLS as well', async () => {
      const { lookup } = resolver(['127.0.0.1']);
      const client = clientWith({ allowPrivateAddresses: false, lookup });
      const failure = await failureOf(client.send(post({ url: `https://hooks.example:${receiver.port}/` })));
      expect(failure).toBeInstanceOf(PrivateAddressRefused);
      expect(receiver.connections).toBe(0);
    });

    it('asks again for each connection, and believes no earlier answer', async () => {
      const { lookup, asked } = resolver(['127.0.0.1'], ['10.0.0.1']);
      const client = clientWith({ allowPrivateAddresses: false, lookup });
      const url = `http://hooks.example:${receiver.port}/`;
      const first = await failureOf(client.send(post({ url })));
      const second = await failureOf(client.send(post({ url })));
      expect([first, second]).toMatchObject([{ address: '127.0.0.1' }, { address: '10.0.0.1' }]);
      expect(asked).toEqual(['hooks.example', 'hooks.example']);
    });

    it('connects to the very addresses it has judged, and leaves out the private ones among them', async () => {
      // Nothing answers at the public one: it belongs to nobody's machine here. What counts is that the receiver at the
      // second address is not called in its place, and that nobody asks twice.
      const { lookup, asked } = resolver(['2a00:ffff:ffff:ffff::1', '127.0.0.1'], ['127.0.0.1']);
      const client = clientWith({ allowPrivateAddresses: false, lookup });
      const failure = await failureOf(
        client.send(post({ url: `http://hooks.example:${receiver.port}/`, timeout: 300 })),
      );
      expect(failure).toBeInstanceOf(OutgoingFailure);
      expect(failure).not.toBeInstanceOf(PrivateAddressRefused);
      expect([asked.length, receiver.connections]).toEqual([1, 0]);
    });

    it('says when a name has no address', async () => {
      const { lookup } = resolver([]);
      const client = clientWith({ allowPrivateAddresses: false, lookup });
      const failure = await failureOf(client.send(post({ url: 'http://hooks.example/' })));
      expect(failure.message).toBe('could not be reached (ENOTFOUND)');
    });
  });

  it('asks once for a connection when private addresses are allowed', async () => {
    const { lookup, asked } = resolver(['127.0.0.1'], ['10.0.0.1']);
    const client = clientWith({ lookup });
    await client.send(post({ url: `http://hooks.example:${receiver.port}/` }));
    expect([asked, receiver.received[0]?.headers.host]).toEqual([['hooks.example'], `hooks.example:${receiver.port}`]);
  });
});
