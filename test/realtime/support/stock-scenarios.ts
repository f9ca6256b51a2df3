import type { Kit } from './stock-kit.js';

export interface Scenario {
  /** Of the acceptance checklist in pusher-protocol.md, 11. */
  readonly row: number;
  readonly title: string;
  /** Uses nothing but what it is given: in a browser it runs as its own text. */
  readonly run: (kit: Kit, ...given: string[]) => Promise<unknown>;
  readonly given?: readonly string[];
  readonly expected: unknown;
}

/** What the stock client is told over the wire, and what the stock server library is answered. */
export const SCENARIOS: readonly Scenario[] = [
  {
    row: 1,
    title: 'a public channel: the greeting, the success, events as they were published, unsubscribing, a pong',
    async run(kit) {
      const client = kit.connect({ id: 'a' }, { activityTimeout: 200 });
      const channel = await kit.joined(client, 'news');
      const heard = kit.record(channel);
      const sent = await kit.backend('trigger', 'news', 'posted', { words: 'wörld' });
      await kit.backend('trigger', 'news', 'plain', 'no JSON');
      await kit.until(() => heard.length === 2);
      const pongs = kit.record(client.connection);
      await kit.until(() => pongs.some(([, message]) => message?.event === 'pusher:pong'));
      client.unsubscribe('news');
      await kit.backend('trigger', 'news', 'posted', 'unheard');
      await kit.joined(client, 'other');
      return [sent, heard, /^\d+\.\d+$/.test(client.connection.socket_id), client.connection.state];
    },
    expected: [
      { status: 200, body: '{}' },
      [
        ['posted', { words: 'wörld' }],
        ['plain', 'no JSON'],
      ],
      true,
      'connected',
    ],
  },
  {
    row: 1,
    title: 'a refusal reaches the channel, and an error the connection',
    async run(kit) {
      const wrong = {
        customHandler: (_: unknown, answer: (error: null, data: object) => void) => answer(null, { auth: 'x:y' }),
      };
      const client = kit.connect({ id: 'a' }, { channelAuthorization: wrong });
      const { type, status } = await kit.happening(client.subscribe('private-x'), 'pusher:subscription_error');
      const complaint = kit.happening(client.connection, 'error');
      client.send_event('nonsense', {});
      const { data } = await complaint;
      return [type, status, data?.code, client.connection.state];
    },
    expected: ['AuthError', 401, null, 'connected'],
  },
  ...(
    [
      ['APP_NOT_FOUND', 'gives up'],
      ['APP_IS_FULL', 'gives up'],
      ['PROTOCOL_NOT_SUPPORTED', 'gives up'],
      ['TERMINATED', 'gives up'],
      ['CREDENTIAL_GONE', 'gives up'],
      ['TOO_MANY_MALFORMED', 'is back, not before a second'],
      ['INTERNAL_ERROR', 'is back, not before a second'],
      ['SERVER_RESTART', 'is back, not before a second'],
      ['SLOW_READER', 'is back, not before a second'],
      ['NO_ANSWER', 'is back'],
    ] as const
  ).map(([reason, then]) => ({
    row: 3,
    title: `who is closed as ${reason} ${then}`,
    run: closeMatrixRow,
    given: [reason, then],
    expected: [then === 'gives up' ? 'disconnected' : 'connected', true],
  })),
  {
    row: 3,
    title: 'where nobody listens: unavailable, and goes on trying',
    async run(kit) {
      const client = kit.connect({ id: 'a' }, { wsPort: 1, unavailableTimeout: 100 });
      await kit.until(() => client.connection.state === 'unavailable');
      return client.connection.state;
    },
    expected: 'unavailable',
  },
  {
    row: 4,
    title: 'signatures over raw commas and over user ids with spaces, another secret, an app that is not there',
    async run(kit) {
      await kit.joined(kit.connect({ id: '7' }), 'presence-room');
      const params = { info: 'user_count,subscription_count', filter_by_prefix: 'presence-' };
      const commas = await kit.backend('get', { path: '/channels/presence-room', params: { info: 'user_count' } });
      const list = await kit.backend('get', { path: '/channels', params });
      const spaces = await kit.backend('terminateUserConnections', 'u 1é');
      const wrong = await kit.backend('wrongSecret.trigger', 'a', 'e', {});
      const nowhere = await kit.backend('noApp.trigger', 'a', 'e', {});
      return [commas.body, list.status, spaces.status, wrong.status, nowhere.status];
    },
    expected: ['{"occupied":true,"user_count":1}', 200, 200, 401, 404],
  },
  {
    row: 5,
    title: 'two tabs of one user are one member, whichever closes first',
    async run(kit) {
      const room = await kit.joined(kit.connect({ id: 'watcher' }), 'presence-room');
      const heard = kit.record(room);
      const [one, two] = [kit.connect({ id: 'u', info: { tab: 1 } }), kit.connect({ id: 'u', info: { tab: 2 } })];
      await kit.joined(one, 'presence-room');
      const second = await kit.joined(two, 'presence-room');
      const count = second.members.count;
      one.disconnect();
      await kit.backend('trigger', 'presence-room', 'between', {});
      await kit.until(() => heard.some(([event]) => event === 'between'));
      two.disconnect();
      await kit.until(() => room.members.count === 1);
      return [count, heard.map(([event]) => event)];
    },
    expected: [2, ['pusher:member_added', 'between', 'pusher:member_removed']],
  },
  {
    row: 5,
    title: 'numeric ids become texts, __proto__ is a user like any other, and user_info may be missing',
    async run(kit) {
      const room = await kit.joined(kit.connect({ id: 'watcher' }), 'presence-room');
      await kit.joined(kit.connect({ id: 10, info: { name: 'Mr. Channels' } }), 'presence-room');
      await kit.joined(kit.connect({ id: '__proto__' }), 'presence-room');
      await kit.until(() => room.members.count === 3);
      const { body } = await kit.backend('get', { path: '/channels/presence-room/users' });
      const { users } = JSON.parse(body) as { users: { id: string }[] };
      return [room.members.get('10'), users.map(({ id }) => id).sort()];
    },
    expected: [{ id: '10', info: { name: 'Mr. Channels' } }, ['10', '__proto__', 'watcher']],
  },
  {
    row: 5,
    title: 'who is signed in needs no channel data',
    async run(kit) {
      const client = kit.connect({ id: 'u1', info: { name: 'Cy' }, isBare: true });
      client.signin();
      const room = await kit.joined(client, 'presence-room');
      return [room.members.count, room.members.me];
    },
    expected: [1, { id: 'u1', info: { name: 'Cy' } }],
  },
  {
    row: 6,
    title: 'a socket that is left out, and one that nobody has',
    async run(kit) {
      const [one, two] = [kit.connect(), kit.connect()];
      const [a, b] = [kit.record(await kit.joined(one, 'news')), kit.record(await kit.joined(two, 'news'))];
      await kit.backend('trigger', 'news', 'e', 1, { socket_id: one.connection.socket_id });
      const unknown = await kit.backend('trigger', 'news', 'e', 2, { socket_id: '1.1' });
      await kit.until(() => a.length === 1 && b.length === 2);
      return [unknown.status, a, b];
    },
    expected: [
      200,
      [['e', 2]],
      [
        ['e', 1],
        ['e', 2],
      ],
    ],
  },
  {
    row: 6,
    title: 'client events: to the others on private and presence channels, in a tongue of their own, ten in a second',
    async run(kit) {
      const [one, two] = [kit.connect({ id: '1' }), kit.connect({ id: '2' })];
      const [mine, theirs] = [await kit.joined(one, 'private-x'), await kit.joined(two, 'private-x')];
      const [own, other] = [kit.record(mine), kit.record(theirs)];
      mine.trigger('client-typing', { on: true });
      await kit.until(() => other.length === 1);
      const errors: (number | null)[] = [];
      two.connection.bind('error', ({ data }) => errors.push(data?.code ?? null));
      two.send_event('client-x', {}, 'private-elsewhere');
      two.send_event('pusher_internal:member_added', {}, 'private-x');
      await kit.joined(two, 'news');
      two.send_event('client-x', {}, 'news');
      await kit.until(() => errors.length === 3);
      const refused = [...errors];
      for (let n = 0; n < 12; n += 1) theirs.trigger('client-n', n);
      await kit.until(() => errors.includes(4301));
      return [own.filter(([event]) => event === 'client-typing'), other, refused, one.connection.state];
    },
    expected: [[], [['client-typing', { on: true }]], [null, null, null], 'connected'],
  },
  {
    row: 6,
    title: 'client events on a presence channel say who sent them, and an app may have none',
    async run(kit) {
      const [one, two] = [kit.connect({ id: '1' }), kit.connect({ id: '2' })];
      const room = await kit.joined(one, 'presence-x');
      const said = new Promise((resolve) => {
        room.bind('client-hi', (_, metadata) => resolve(metadata));
      });
      (await kit.joined(two, 'presence-x')).trigger('client-hi', { user_id: 'somebody else' });
      return said;
    },
    expected: { user_id: '2' },
  },
  {
    row: 7,
    title: 'a cache channel: the miss, then what was published before anybody came, and no client events',
    async run(kit) {
      const early = kit.connect({ id: '1' });
      await kit.happening(early.subscribe('presence-cache-x'), 'pusher:cache_miss');
      await kit.backend('trigger', 'presence-cache-x', 'state', { n: 1 });
      early.channel('presence-cache-x').trigger('client-state', { n: 2 });
      early.disconnect();
      const late = kit.connect({ id: '2' }).subscribe('presence-cache-x');
      const state = await kit.happening(late, 'state');
      await kit.backend('trigger', 'cache-before', 'state', { n: 3 });
      const before = await kit.happening(kit.connect().subscribe('cache-before'), 'state');
      const { body } = await kit.backend('get', { path: '/channels/presence-cache-x', params: { info: 'cache' } });
      return [state, before, (JSON.parse(body) as { cache: { data: string } }).cache.data];
    },
    expected: [{ n: 1 }, { n: 3 }, '{"n":1}'],
  },
  {
    row: 7,
    title: 'an encrypted channel: what the server library has encrypted, which the server cannot read',
    async run(kit) {
      const channel = await kit.joined(kit.connect(), 'private-encrypted-z');
      const heard = kit.happening(channel, 'secret');
      await kit.backend('trigger', 'private-encrypted-z', 'secret', { words: 'between us' });
      return heard;
    },
    expected: { words: 'between us' },
  },
  {
    row: 8,
    title: 'a user’s channel: the very next event, nobody else’s, again and as nobody else, until the app ends it',
    async run(kit) {
      const [one, two] = [kit.connect({ id: 'u1' }), kit.connect({ id: 'u2' })];
      const [first, second] = [kit.record(one.user), kit.record(two.user)];
      const signedIn = [one, two].map((client) => kit.happening(client, 'pusher:signin_success'));
      one.signin();
      two.signin();
      await Promise.all(signedIn);
      await kit.backend('sendToUser', 'u1', 'note', { n: 1 });
      await kit.until(() => first.some(([event]) => event === 'note'));
      const refused = kit.record(two.connection);
      two.send_event('pusher:subscribe', { auth: '', channel: '#server-to-user-u1' });
      await kit.until(() => refused.some(([, message]) => message?.event === 'pusher:subscription_error'));
      const gone = await kit.backend('terminateUserConnections', 'u1');
      await kit.until(() => one.connection.state === 'disconnected');
      return [gone, second.filter(([event]) => event === 'note'), two.connection.state];
    },
    expected: [{ status: 200, body: '{}' }, [], 'connected'],
  },
  {
    row: 9,
    title:
      'a watchlist of more than a hundred: those who never were are offline, one with two connections comes and goes once',
    async run(kit) {
      const watchlist = ['friend', ...Array.from({ length: 120 }, (_, n) => `nobody-${n}`)];
      const watcher = kit.connect({ id: 'w', watchlist });
      const heard = kit.record(watcher.user.watchlist);
      const error = kit.happening(watcher.connection, 'error');
      watcher.signin();
      const { data } = await error;
      const friends = [kit.connect({ id: 'friend' }), kit.connect({ id: 'friend' })];
      for (const friend of friends) {
        const signedIn = kit.happening(friend, 'pusher:signin_success');
        friend.signin();
        await signedIn;
      }
      for (const friend of friends) friend.disconnect();
      await kit.until(() => heard.length === 3);
      const [first, ...rest] = heard;
      return [data?.code, first?.[0], first?.[1].user_ids?.length, rest.map(([event, one]) => [event, one.user_ids])];
    },
    expected: [
      4302,
      'offline',
      100,
      [
        ['online', ['friend']],
        ['offline', ['friend']],
      ],
    ],
  },
  {
    row: 9,
    title: 'counts of subscriptions, in an app that tells them, and not on presence channels',
    async run(kit) {
      const client = kit.connect({ id: '1' }, {}, 'counting');
      const channel = client.subscribe('news');
      const counted = await kit.happening(channel, 'pusher:subscription_count');
      return [counted, channel.subscriptionCount];
    },
    expected: [{ subscription_count: 1 }, 1],
  },
  {
    row: 11,
    title: 'bodies: an empty object for success, a line of text for what is wrong',
    async run(kit) {
      const ok = [
        await kit.backend('trigger', ['a', 'b'], 'e', {}),
        await kit.backend('triggerBatch', [{ channel: 'a', name: 'e', data: {} }]),
      ];
      const wrong = [
        await kit.backend('trigger', 'a', 'e', 'x'.repeat(10_241)),
        await kit.backend('trigger', 'a', 'pusher:e', {}),
        await kit.backend('noApp.trigger', 'a', 'e', {}),
        await kit.backend('wrongSecret.trigger', 'a', 'e', {}),
        await kit.backend('get', { path: '/channels/a/users' }),
      ];
      return [ok, wrong.map(({ status, body }) => [status, /^[^{<][^\n]+\n?$/.test(body)])];
    },
    expected: [
      [
        { status: 200, body: '{}' },
        { status: 200, body: '{}' },
      ],
      [
        [413, true],
        [400, true],
        [404, true],
        [401, true],
        [400, true],
      ],
    ],
  },
  {
    row: 12,
    title: 'whatever a page may send is answered with an error, and the connection stays',
    async run(kit) {
      const client = kit.connect();
      await kit.joined(client, 'news');
      const errors = kit.record(client.connection);
      const nested = JSON.parse(`${'['.repeat(500)}1${']'.repeat(500)}`) as unknown;
      const sent = [{ event: 5 }, [], 1, 'text', null, { event: 'x', data: nested }, { event: 'pusher:subscribe' }];
      for (const one of sent) client.connection.send(JSON.stringify(one));
      client.connection.send('no JSON');
      await kit.until(
        () => errors.filter(([, message]) => message?.event === 'pusher:error').length >= sent.length + 1,
      );
      return client.connection.state;
    },
    expected: 'connected',
  },
];

/** What has become of a client that was closed so. */
async function closeMatrixRow(kit: Kit, reason = '', then = ''): Promise<unknown> {
  const client = kit.connect();
  await kit.joined(client, 'news');
  const socketId = client.connection.socket_id;
  const from = Date.now();
  await kit.closeAs(socketId, reason);
  if (then === 'gives up') await kit.until(() => client.connection.state === 'disconnected');
  else await kit.until(() => client.connection.state === 'connected' && client.connection.socket_id !== socketId);
  return [client.connection.state, !then.includes('second') || Date.now() - from >= 900];
}
