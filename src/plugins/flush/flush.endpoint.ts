import type { Cache } from '../../cache/cache.js';
import { accessEntries } from '../../permissions/access-entries.js';
import { groupMemberships } from '../../permissions/group-memberships.js';
import type { ApiResponse } from '../../resources/api-message.js';
import { jsonAnswer } from '../../resources/endpoints/json-answer.js';
import type { PlainEndpoint } from '../../resources/exchange.js';
import type { Storage } from '../../storage/storage.js';

/**
 * Empties the database and the cache, for whoever asks (kinto-api.md, 12.2). Nobody is told of objects that were
 * deleted: to listeners it is as if none had been. It is a unit of work of its own, whatever else a batch does.
 */
export class FlushEndpoint implements PlainEndpoint {
  readonly name = 'flush';
  readonly pattern = '/__flush__';
  readonly methods = ['POST', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = {
    POST: {
      id: 'flush_post',
      tag: 'Utilities',
      summary: 'Empties the database and the cache.',
      description: 'Nobody is asked whether they may, and it cannot be undone.',
      responses: { 202: { description: 'Everything is gone.', schema: { type: 'object', maxProperties: 0 } } },
    },
  };

  constructor(
    private readonly storage: Storage,
    private readonly cache: Cache,
  ) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(): Promise<ApiResponse> {
    await this.storage.write(async (unit) => {
      await unit.deleteEverything();
      await accessEntries.deleteEverything(unit.sql);
      await groupMemberships.deleteEverything(unit.sql);
    });
    // Afterwards, or a login could be remembered again while its account is still there.
    await this.cache.flush();
    return jsonAnswer(202, {});
  }
}
