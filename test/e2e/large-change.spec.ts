import { changeTwice, largeChangeContract, PATIENCE, RECORDS, report } from '../contracts/large-change.contract.js';
import { SocketClient } from '../listeners/socketio-client.js';
import { socketIoTransport } from '../listeners/socketio-transport.js';
import { StreamClient } from '../listeners/support/stream-client.js';
import { longPollTransport } from '../listeners/support/long-poll-transport.js';
import { sseTransport } from '../listeners/support/sse-transport.js';
import { streamTransport } from '../listeners/support/stream-transport.js';
import { globalEvents } from '../plugins/changes-transports.js';
import { CHANNELS_INI, ChannelCopy, HintReader, HINTS_INI } from './large-change-readers.js';

/** The close code of those who do not read what they are sent. */
const SLOW_READER = 4100;

describe('A change of very many records', () => {
  afterAll(() => {
    SocketClient.closeAll();
    StreamClient.closeAll();
  });

  largeChangeContract('server-sent events', sseTransport);
  largeChangeContract('long polls', longPollTransport);
  largeChangeContract('the change feed of everything, as events', globalEvents);
  largeChangeContract('Socket.IO', socketIoTransport(4, 'websocket'));
  largeChangeContract('an app stream', streamTransport);

  it(
    'is told by Socket.IO in numbers, one message for all that was not read',
    () => changeTwice('Socket.IO, in numbers', HINTS_INI, (roads) => HintReader.open(roads)),
    PATIENCE,
  );

  it(
    'is one notice to read the list for who hears of it by Pusher’s protocol',
    async () => {
      let copy: ChannelCopy | undefined;
      await changeTwice('Pusher’s protocol', CHANNELS_INI, async (roads) => (copy = await ChannelCopy.open(roads)));
      expect(copy?.notices).toContain(RECORDS);
    },
    PATIENCE,
  );

  it(
    'is told record by record by Pusher’s protocol if that is wanted, or its connection ends as a slow reader’s',
    async () => {
      const ini = `${CHANNELS_INI}\nkinto.event_listeners.live.payload = change`;
      let copy: ChannelCopy | undefined;
      await changeTwice('Pusher’s, one by one', ini, async (roads) => (copy = await ChannelCopy.open(roads)));
      const { counts, closes, notices } = copy!;
      report('Pusher’s, one by one', JSON.stringify({ counts, closes }));
      expect(notices).toEqual([]);
      if (!closes.includes(SLOW_READER)) expect(counts.delete).toBe(2 * RECORDS + 2);
    },
    PATIENCE,
  );
});
