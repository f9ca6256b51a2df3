import type { ApiRequest, ApiResponse } from '../api-message.js';
import type { Exchange } from '../exchange.js';
import type { ResourcePlace } from '../resource-place.js';
import type { ListConnections, ListStreams, ReadListParameters } from './list-streams.js';
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
  private ofReaders: (ListStreams & ListConnections & Closing) | undefined;

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

  /** Lists are told on connections, too. To be called before the first request. */
  useConnections(connections: ListStreams & ListConnections & Closing): void {
    this.ofReaders = connections;
    this.others.push(connections);
  }

  get connections(): ListConnections | undefined {
    return this.ofReaders;
  }

  async close(): Promise<void> {
    clearInterval(this.sweep);
    for (const each of [...this.transports, ...this.others]) each.close();
    await this.lists.close();
  }

  isAsked(request: ApiRequest): boolean {
    return this.find(request) !== undefined;
  }

  open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse> {
    const transport = this.find(exchange.request);
    if (transport === undefined) throw new Error('nobody has asked for a live list');
    return transport.open(exchange, place, readParameters);
  }

  private find(request: ApiRequest): ListStreams | undefined {
    const transport = this.transports.find((each) => each.isAsked(request));
    return transport ?? (this.ofReaders?.isAsked(request) === true ? this.ofReaders : undefined);
  }
}
