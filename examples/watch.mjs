/**
 * Prints what changes in a collection, the moment it does, with the stock pusher-js client:
 *
 *   node examples/watch.mjs [--server http://localhost:8888] [--user token:alice-token] [--collection tasks]
 *                           [--channel NAME]
 *
 * Ctrl-C ends it.
 */
import { parseArgs } from 'node:util';
import Pusher from 'pusher-js';

/** What a terminal shows of one value before it is cut, in characters. */
const LONGEST_VALUE = 60;

/** Attributes that the server sets; the line has the id already. */
const SET_BY_THE_SERVER = ['id', 'last_modified', 'deleted'];

const options = readOptions();
try {
  const { key, channel } = await askHello(options);
  watch(options.server, key, channel);
} catch (error) {
  fail(error.message);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        server: { type: 'string', default: 'http://localhost:8888' },
        user: { type: 'string', default: 'token:alice-token' },
        collection: { type: 'string', default: 'tasks' },
        channel: { type: 'string' },
      },
    });
    return { ...values, server: new URL(values.server) };
  } catch (error) {
    fail(error.message);
  }
}

/** `GET /v1/` tells the key to connect with and, when one is logged in, the id of one's own bucket. */
async function askHello({ server, user, collection, channel }) {
  const url = new URL('/v1/', server);
  const authorization = `Basic ${Buffer.from(user).toString('base64')}`;
  const response = await fetch(url, { headers: { authorization } }).catch((error) => {
    throw new Error(`${url} cannot be reached (${error.cause?.code ?? error.message}). Does the server run?`);
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  const hello = await response.json().catch(() => ({}));
  const key = hello.capabilities?.pusher?.key;
  if (key === undefined) throw new Error(`${url} offers no live changes: it has no capability "pusher".`);
  if (channel !== undefined) return { key, channel };
  if (hello.user === undefined) {
    throw new Error('Nobody is logged in. Has the server multiauth.policies = basicauth? Or name a --channel.');
  }
  if (hello.user.bucket === undefined) {
    throw new Error(
      'The server has no default buckets (kinto.includes = kinto.plugins.default_bucket). Name a --channel.',
    );
  }
  // The channel setting as config/kumocast.ini has it: {bucket_id}-{collection_id}-{resource_name}.
  return { key, channel: `${hello.user.bucket}-${collection}-record` };
}

function watch(server, key, channelName) {
  const isSecure = server.protocol === 'https:';
  const port = Number(server.port) || (isSecure ? 443 : 80);
  const pusher = new Pusher(key, {
    cluster: '',
    wsHost: server.hostname,
    wsPort: port,
    wssPort: port,
    forceTLS: isSecure,
    enabledTransports: ['ws', 'wss'],
  });
  tellOfConnection(pusher.connection, server);
  const channel = pusher.subscribe(channelName);
  channel.bind('pusher:subscription_succeeded', () => say(`Subscribed to ${channelName}`));
  channel.bind('pusher:subscription_error', ({ error, status }) => fail(`Not subscribed: ${error ?? status}`));
  channel.bind_global((event, changes) => {
    if (!event.startsWith('pusher:')) tellOf(event, changes);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      pusher.disconnect();
      process.exit(0);
    });
  }
}

function tellOfConnection(connection, server) {
  let wasConnected = false;
  connection.bind('connected', () => {
    // The Pusher protocol does not repeat anything: whoever must not miss a change fetches what is new.
    say(wasConnected ? 'Connected again; changes in between are not repeated' : `Connected to ${server.host}`);
    wasConnected = true;
  });
  connection.bind('state_change', ({ previous, current }) => {
    // `disconnected` is what we asked for ourselves.
    if (previous === 'connected' && current !== 'disconnected') say('Connection lost, trying again');
  });
  connection.bind('error', ({ error }) => {
    const { code, message } = error?.data ?? {};
    // From 4000 to 4099 the client is told not to come back as it is.
    if (code >= 4000 && code < 4100) fail(`The server closed the connection: ${message} (${code})`);
  });
  connection.bind('unavailable', () => say(`No connection to ${server.host}, trying again`));
  connection.bind('failed', () => fail('WebSockets do not work here.'));
}

/** One line per changed record. */
function tellOf(event, changes) {
  if (changes?.too_large === true) {
    say(event, `${changes.count} changed, too large to send: fetch /v1${changes.uri}`);
  } else if (Array.isArray(changes)) {
    for (const change of changes) say(event, change.new.id, describe(event, change));
  } else {
    say(event, JSON.stringify(changes));
  }
}

/** A created record, a deleted one as it was, and of an updated one what is different. */
function describe(event, { new: after, old: before }) {
  if (event !== 'update' || before === undefined)
    return attributes(before ?? after)
      .map(shown)
      .join('  ');
  const names = new Set([...attributes(before), ...attributes(after)].map(([name]) => name));
  const different = [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return different.map((name) => `${name}: ${text(before[name])} → ${text(after[name])}`).join('  ');
}

function attributes(record) {
  return Object.entries(record).filter(([name]) => !SET_BY_THE_SERVER.includes(name));
}

function shown([name, value]) {
  return `${name}: ${text(value)}`;
}

function text(value) {
  if (value === undefined) return '(none)';
  const json = JSON.stringify(value);
  return json.length > LONGEST_VALUE ? `${json.slice(0, LONGEST_VALUE)}…` : json;
}

function say(...columns) {
  console.log([new Date().toTimeString().slice(0, 8), ...columns].join('  '));
}

function fail(message) {
  console.error(`watch: ${message}`);
  process.exit(1);
}
