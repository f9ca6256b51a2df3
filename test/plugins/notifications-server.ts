import { Webhook } from 'standardwebhooks';
import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { FakeReceiver, type Received } from '../support/fake-receiver.js';
import { startTestServer, type TestServer, type User } from '../support/server.js';

export const WEBHOOKS = '/v1/notifications/webhooks';
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
export const RECORDS = '/buckets/blog/collections/articles/records';

export const NOTIFICATIONS_INI = `
kinto.includes = kinto.plugins.default_bucket kinto.plugins.flush kumocast.plugins.notifications
kinto.notifications.allow_private_addresses = true
kinto.notifications.first_wait = 20
kinto.notifications.push_interval = 0
`;

/** The change objects of one request, and what is beside them. */
export interface Told extends JsonObject {
  delivery: string;
  changes: JsonObject[];
  position: string;
}

/** A server with a blog of mat's, and a receiver. */
export class NotificationsScene {
  private constructor(
    readonly server: TestServer,
    readonly receiver: FakeReceiver,
  ) {}

  static async open(ini = ''): Promise<NotificationsScene> {
    const receiver = await FakeReceiver.open();
    const server = await startTestServer({ ini: NOTIFICATIONS_INI + ini });
    const scene = new NotificationsScene(server, receiver);
    await server.request('PUT', '/v1/buckets/blog');
    await server.request('PUT', '/v1/buckets/blog/collections/articles');
    return scene;
  }

  /** @returns its id */
  async hook(data: JsonObject = {}, auth: User = 'mat', receiver = this.receiver): Promise<string> {
    const triggers: JsonValue = { [RECORDS]: ['write'] };
    const body = { data: { url: `${receiver.url}/hook`, secret: SECRET, triggers, ...data } };
    const answer = await this.server.request('POST', WEBHOOKS, { auth, body });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.data.id as string;
  }

  async put(id: string, data: JsonObject = {}, permissions: JsonObject = {}, auth: User = 'mat'): Promise<void> {
    const answer = await this.server.request('PUT', `/v1${RECORDS}/${id}`, { auth, body: { data, permissions } });
    if (answer.status >= 300) throw new Error(answer.text);
  }

  async remove(id: string): Promise<void> {
    const answer = await this.server.request('DELETE', `/v1${RECORDS}/${id}`);
    if (answer.status !== 200) throw new Error(answer.text);
  }

  async shown(id: string, auth: User = 'mat'): Promise<JsonObject> {
    return (await this.server.request('GET', `${WEBHOOKS}/${id}`, { auth })).data;
  }

  /** What was told, one after another, as `action match id`. */
  told(receiver = this.receiver): string[] {
    return receiver.received.flatMap((request) =>
      verified(request).changes.map(({ action, match, data }) => {
        return `${action as string} ${match as string} ${(data as JsonObject).id as string}`;
      }),
    );
  }

  /** The changes that were told, one after another. */
  changesTold(receiver = this.receiver): JsonObject[] {
    return receiver.received.flatMap((request) => verified(request).changes);
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.receiver.close();
  }
}

/** @throws WebhookVerificationError when the receivers' library does not find it signed */
export function verified({ body, headers }: Received, secret = SECRET): Told {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as Told;
}

/** Expects it again and again until it holds, giving way to everything else in between. */
export async function until(expectation: () => void | Promise<void>, withinMs = 45_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
