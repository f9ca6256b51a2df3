import { Agent, get } from 'node:http';
import type { JsonObject } from '../../../src/wire/json.js';
import { idIn, type Heard, type Subscribing } from '../../contracts/subscribed-means-live.contract.js';
import { basicAuth, type TestServer } from '../../support/server.js';
import { LiveReader } from './live-reader.js';

/* The transports over HTTP as clients subscribe to them, for the contract that subscribed means live. */

/** Whoever drops a stream may come back before the server has seen that it is gone. */
const MANY_STREAMS = 'kinto.live.max_streams_per_user = 10000';

/** Where a collection's changes are asked for: its live list, or a change feed. */
export type UrlOf = (collection: string) => string;

export const listUrl: UrlOf = (collection) => `/v1${collection}/records?`;
export const collectionFeedUrl: UrlOf = (collection) => `/v1${collection}/changes?resource=record`;
export const globalFeedUrl: UrlOf = (collection) => `/v1/changes?resource=record&scope=${collection}`;

/** Server-sent events: `open` says so, on a connection of its own each time. */
export function byEvents(urlOf: UrlOf): Subscribing {
  return {
    ini: MANY_STREAMS,
    open: (server, collection) => {
      let reader: LiveReader | undefined;
      return Promise.resolve({
        async subscribe({ live, told }: Heard) {
          reader = await LiveReader.open(server, urlOf(collection), {
            heard: ({ event, data }) => {
              if (event === 'open') live();
              else if (data.data !== undefined) told(idIn(data));
            },
          });
        },
        async leave() {
          reader?.drop();
        },
        close: () => reader?.drop(),
      });
    },
  };
}

/**
 * Long polls: whoever has an answer is subscribed from its position on, whether anybody asks just then or not. The
 * answers are, in turn, one that has a position to begin with, and one that has nothing to tell.
 *
 * @param beginning what answers with a position
 */
export function byPolls(urlOf: UrlOf, beginning: (collection: string) => string): Subscribing {
  return {
    open: (server, collection) => {
      const agent = new Agent({ keepAlive: true });
      let position: string | undefined;
      let isOver = false;
      const poll = (wait: number, answered: (answer: JsonObject) => void) => {
        return ask(
          server,
          agent,
          `${urlOf(collection)}&_live=longpoll&_position=${position}&_wait=${wait}`,
          (answer) => {
            position = answer.body.position as string;
            answered(answer.body);
          },
        );
      };
      return Promise.resolve({
        async subscribe({ live, told }: Heard) {
          isOver = false;
          if (position === undefined) {
            await ask(server, agent, beginning(collection), ({ body, place }) => {
              position = (body.position as string | undefined) ?? place;
              live();
            });
          } else {
            await poll(0, live);
          }
          let count = 0;
          while (count === 0 && !isOver) {
            await poll(5, ({ data }) => {
              for (const change of data as JsonObject[]) told(idIn(change));
              count = (data as JsonObject[]).length;
            });
          }
          // Each other time it begins anew.
          if (Number(position?.split('.')[1]) % 2 === 0) position = undefined;
        },
        async leave() {
          isOver = true;
        },
        close: () => agent.destroy(),
      });
    },
  };
}

interface Asked {
  readonly body: JsonObject;
  /** `Change-Position` */
  readonly place: string | undefined;
}

/** Unlike `fetch`, it says so in the tick in which the end of the answer is read. */
function ask(server: TestServer, agent: Agent, path: string, answered: (answer: Asked) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: basicAuth('mat') };
    const sent = get({ host: '127.0.0.1', port: server.port, path, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`${path}: ${text}`));
        const place = response.headers['change-position'] as string | undefined;
        answered({ body: JSON.parse(text) as JsonObject, place });
        resolve();
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
  });
}
