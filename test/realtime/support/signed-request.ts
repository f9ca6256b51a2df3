import { createHash } from 'node:crypto';
import { ChannelApp } from '../../../src/realtime/channel-app.js';
import { stringToSign } from '../../../src/realtime/pusher/signature.js';
import { APP, type ChannelsServer } from './channels-server.js';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface RequestChanges {
  readonly parameters?: Record<string, string>;
  readonly secret?: string;
  readonly key?: string;
  /** What is sent instead of the body that was signed. */
  readonly tampered?: string;
}

/** Sends a request signed as the server libraries sign it. */
export async function signed(
  server: ChannelsServer,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  { parameters = {}, secret = APP.secret, key = APP.key, tampered }: RequestChanges = {},
): Promise<Answer> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const all = new Map(
    Object.entries({
      auth_key: key,
      auth_timestamp: String(Math.floor(Date.now() / 1000)),
      auth_version: '1.0',
      ...(text === undefined ? {} : { body_md5: createHash('md5').update(text).digest('hex') }),
      ...parameters,
    }),
  );
  const signer = new ChannelApp({ ...APP, key, secret });
  all.set('auth_signature', signer.sign(stringToSign(method, decodeURIComponent(path), all)));
  const query = [...all].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return request(`${server.http}${path}?${query}`, method, tampered ?? text);
}

export async function request(url: string, method: string, body?: string): Promise<Answer> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: await response.text(),
  };
}
