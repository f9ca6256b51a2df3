import type { JsonObject } from '../../../src/wire/json.js';
import type { Connection, Following, Told, Transport } from '../../contracts/transport.contract.js';
import type { TestServer } from '../../support/server.js';
import { readListChange } from './sse-transport.js';

/** How a change is read, and where one is asked for. */
export interface PollReading {
  /** @param wait in seconds */
  url(following: Following, position: string, wait: number): string;
  read(change: JsonObject): Told;
}

/** A list's own URL, asked again and again. */
export const longPollTransport: Transport = {
  hasFilters: true,
  tellsPartialViews: true,
  refuses: true,
  countsChanges: true,
  connect(server, following) {
    return connectByPolling(server, following, {
      url: ({ list, filter }, position, wait) => `${list}?_live=longpoll&_position=${position}&_wait=${wait}&${filter}`,
      read: readListChange,
    });
  },
};

/** Whoever has no position reads the list, and goes on from where that answer stood. */
export async function connectByPolling(
  server: TestServer,
  following: Following,
  reading: PollReading,
  ...told: Told[]
): Promise<Connection | undefined> {
  const { auth, list, filter, position } = following;
  if (position !== undefined) {
    const connection = new PollConnection(server, following, reading, position, told);
    return (await connection.isAdmitted()) ? connection : undefined;
  }
  const answer = await server.request('GET', `${list}?${filter}`, { auth });
  if (answer.status !== 200) return undefined;
  const reached = answer.headers.get('change-position')!;
  const first: Told = { kind: 'snapshot', objects: answer.list, position: reached };
  return new PollConnection(server, following, reading, reached, [first]);
}

/** It looks as one connection: what one answer has is told one by one. */
export class PollConnection implements Connection {
  private isOver = false;
  private isRefused = false;

  constructor(
    private readonly server: TestServer,
    private readonly following: Following,
    private readonly reading: PollReading,
    private position: string,
    private readonly waiting: Told[] = [],
  ) {}

  /** Asks for what there is already: the first to hear of a refusal is who connects. */
  async isAdmitted(): Promise<boolean> {
    await this.poll(0);
    return !this.isRefused;
  }

  async next(): Promise<Told | undefined> {
    const deadline = Date.now() + 10_000;
    while (this.waiting.length === 0 && !this.isOver) {
      await this.poll(2);
      if (this.waiting.length === 0 && Date.now() > deadline) throw new Error(`nothing came after ${this.position}`);
    }
    return this.waiting.shift();
  }

  async arrived(): Promise<Told[]> {
    if (!this.isOver) await this.poll(0);
    return this.waiting.splice(0);
  }

  drop(): void {
    this.isOver = true;
  }

  private async poll(wait: number): Promise<void> {
    const url = this.reading.url(this.following, this.position, wait);
    const answer = await this.server.request('GET', url, { auth: this.following.auth }).catch(() => undefined);
    if (answer?.status !== 200) {
      // Refused now: the next connection finds out whether it is for good.
      this.isOver = true;
      this.isRefused = answer !== undefined;
      this.waiting.push({ kind: 'over' });
      return;
    }
    const { data, position, previous, event } = answer.json as { data: JsonObject[] } & Record<string, string | null>;
    if (previous !== this.position) throw new Error(`${position} comes after ${previous}, not after ${this.position}`);
    this.waiting.push(...data.map((change) => this.reading.read(change)));
    const last = (data.at(-1)?.position as string | undefined) ?? previous;
    if (event === 'reset') this.waiting.push({ kind: 'reset', position: position! });
    else if (position !== last) this.waiting.push({ kind: 'checkpoint', position: position!, previous: last });
    if (event !== undefined && event !== 'reset') {
      this.waiting.push({ kind: 'over' });
      this.isOver = true;
    }
    this.position = position!;
  }
}
