import { get } from 'node:http';
import type { JsonObject } from '../../src/wire/json.js';
import {
  idIn,
  subscribedMeansLiveContract,
  type Heard,
  type Subscribing,
} from '../contracts/subscribed-means-live.contract.js';
import { basicAuth } from '../support/server.js';
import { USER_STREAM, USER_STREAMS_INI, UserStreamClient } from './support/user-stream-client.js';

/** A list on a connection: its answer says so, in the tick in which the end of it is read. */
const byList: Subscribing = {
  ini: USER_STREAMS_INI,
  async open(server, collection) {
    const client = await UserStreamClient.greeted(server);
    let hears: Heard | undefined;
    client.ws.on('message', (text: Buffer) => {
      const message = JSON.parse(text.toString()) as JsonObject;
      if (message.data !== undefined) hears?.told(idIn(message));
    });
    return {
      subscribe: (heard) => {
        hears = heard;
        const path = `/v1${collection}/records?_limit=10000&_connection_id=${client.id}&_subscription_id=s`;
        return new Promise((resolve, reject) => {
          const sent = get({
            host: '127.0.0.1',
            port: server.port,
            path,
            headers: { authorization: basicAuth('mat') },
          });
          sent.on('error', reject);
          sent.on('response', (answer) => {
            answer.resume().on('end', () => {
              if (answer.headers['subscription-id'] !== 's') return reject(new Error('It is not followed'));
              heard.live();
              resolve();
            });
          });
        });
      },
      async leave() {
        await server.request('DELETE', `${USER_STREAM}/${client.id}/s`);
      },
      close: () => client.ws.terminate(),
    };
  },
};

subscribedMeansLiveContract('a list on a user stream', byList);
