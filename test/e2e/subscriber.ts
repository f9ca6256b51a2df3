import PusherJs from 'pusher-js';

type ClientClass = typeof PusherJs.default;

// The Node build exports the class itself; its types describe a default export.
const Client = PusherJs as unknown as ClientClass;

export interface Heard {
  readonly channel: string;
  readonly event: string;
  readonly data: unknown;
}

/** An unmodified pusher-js, connected to a running kumocast, that keeps all it hears. */
export class Subscriber {
  readonly heard: Heard[] = [];
  private readonly hearing = new Set<() => void>();

  private constructor(private readonly client: InstanceType<ClientClass>) {}

  /** @param url of the server, as it says itself. Resolves when the subscription is live */
  static async open(url: string, key: string, channels: readonly string[]): Promise<Subscriber> {
    const { hostname, port } = new URL(url);
    const options = {
      cluster: '',
      wsHost: hostname,
      wsPort: Number(port),
      forceTLS: false,
      enabledTransports: ['ws' as const],
    };
    const subscriber = new Subscriber(new Client(key, options));
    await Promise.all(channels.map((channel) => subscriber.subscribe(channel)));
    return subscriber;
  }

  /** What was heard in the channel: event and data, in order. */
  in(channel: string): { event: string; data: unknown }[] {
    return this.heard.filter((heard) => heard.channel === channel).map(({ event, data }) => ({ event, data }));
  }

  /** Resolves when so many events have been heard in the channel. */
  async until(channel: string, count: number): Promise<void> {
    while (this.in(channel).length < count) {
      await new Promise<void>((resolve) => this.hearing.add(resolve));
    }
  }

  close(): void {
    this.client.disconnect();
  }

  private subscribe(channel: string): Promise<void> {
    const subscription = this.client.subscribe(channel);
    subscription.bind_global((event: string, data: unknown) => {
      if (event.startsWith('pusher:') || event.startsWith('pusher_internal:')) return;
      this.heard.push({ channel, event, data });
      for (const hear of this.hearing) hear();
      this.hearing.clear();
    });
    return new Promise((resolve, reject) => {
      subscription.bind('pusher:subscription_succeeded', () => resolve());
      subscription.bind('pusher:subscription_error', (error: unknown) => reject(new Error(JSON.stringify(error))));
    });
  }
}
