import type { ApiResponse } from '../../resources/api-message.js';
import { jsonAnswer } from '../../resources/endpoints/json-answer.js';
import type { Exchange, StorageEndpoint } from '../../resources/exchange.js';
import { countByResource } from '../../storage/object-counts.js';
import type { JsonObject } from '../../wire/json.js';

/** The resources that Kinto counts, in its order; the database holds more than these, such as what quotas keep. */
const COUNTED = ['account', 'bucket', 'group', 'collection', 'record', 'history', 'attachments'];

const NUMBERS = {
  type: 'object',
  properties: Object.fromEntries(COUNTED.map((name) => [name, { type: 'integer', minimum: 1 }])),
  additionalProperties: false,
};

/** What is answered, for the OpenAPI document. */
const COUNTERS = {
  type: 'object',
  required: ['objects', 'tombstones'],
  properties: { objects: NUMBERS, tombstones: NUMBERS },
  additionalProperties: false,
};

/** How many objects and tombstones there are, for whoever asks (kinto-api.md, 12.3). */
export class CountersEndpoint implements StorageEndpoint {
  readonly name = 'counters';
  readonly pattern = '/__counters__';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = true as const;
  readonly operations = {
    GET: {
      id: 'counters_get',
      tag: 'Utilities',
      summary: 'How many objects and tombstones there are of each resource.',
      responses: {
        200: { description: 'The numbers by resource; what there is none of is left out.', schema: COUNTERS },
      },
    },
  };

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle({ view }: Exchange): Promise<ApiResponse> {
    const counts = await countByResource(view.sql, COUNTED);
    const objects: JsonObject = {};
    const tombstones: JsonObject = {};
    for (const resource of COUNTED) {
      const { live = 0, deleted = 0 } = counts.get(resource) ?? {};
      if (live > 0) objects[resource] = live;
      if (deleted > 0) tombstones[resource] = deleted;
    }
    return jsonAnswer(200, { objects, tombstones });
  }
}
