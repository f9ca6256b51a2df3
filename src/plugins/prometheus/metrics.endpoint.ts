import type { ApiResponse } from '../../resources/api-message.js';
import type { PlainEndpoint } from '../../resources/exchange.js';

/** What Kinto says, whose client library names the newest version of the format; what is told is in the first one too. */
const TEXT_FORMAT = 'text/plain; version=1.0.0; charset=utf-8';

/** Where Prometheus fetches the metrics, as may everybody else (kinto-api.md, 12.5). */
export class MetricsEndpoint implements PlainEndpoint {
  readonly name = 'prometheus_metrics';
  readonly pattern = '/__metrics__';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: 'prometheus_metrics',
      tag: 'Utilities',
      summary: 'The metrics of this server.',
      responses: {
        200: {
          description: 'In the text format of Prometheus.',
          types: [TEXT_FORMAT.split(';', 1)[0]!],
          schema: { type: 'string' },
        },
      },
    },
  };

  /** @param text everything, in that format */
  constructor(private readonly text: () => Promise<string>) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(): Promise<ApiResponse> {
    // Labels may be anything that a user can be called.
    const body = Buffer.from(await this.text());
    return { status: 200, headers: { 'Content-Type': TEXT_FORMAT }, body };
  }
}
