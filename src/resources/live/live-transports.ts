import type { ApiRequest, ApiResponse } from '../api-message.js';
import type { Exchange } from '../exchange.js';
import type { ResourcePlace } from '../resource-place.js';
import type { ListStreams, ReadListParameters } from './list-streams.js';
import type { LiveLists } from './live-lists.js';
import type { LiveSettings } from './live.settings.js';

/** What sends everybody away, who will come back to the server that is started next. */
export interface Closing {
  close(): void;
}

/** Every way of following a list at its own URL, and the sweep over all who do. */
export class LiveTransports implements ListStreams {
  private sweep: NodeJS.Timeout | undefined;
  private readonly others: Closing[] = [];

  /** @param transports the first that is asked for answers */
  constructor(
    private readonly lists: LiveLists,
    private readonly transports: readonly (ListStreams & Closing)[],
    private readonly settings: Pick<LiveSettings, 'sweep'>,
  ) {}

  start(): void {
    this.sweep = setInterval(() => this.lists.recheckAll(), this.settings.sweep * 1000).unref();
  }

  /** Answers that go on without being a list are ended with the others. */
  endWithUs(other: Closing): void {
    this.others.push(other);
  }

  async close(): Promise<void> {
    clearInterval(this.sweep);
    for (const each of [...this.transports, ...this.others]) each.close();
    await this.lists.close();
  }

  isAsked(request: ApiRequest): boolean {
    return this.transports.some((transport) => transport.isAsked(request));
  }

  open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse> {
    const transport = this.transports.find((each) => each.isAsked(exchange.request));
    if (transport === undefined) throw new Error('nobody has asked for a live list');
    return transport.open(exchange, place, readParameters);
  }
}
