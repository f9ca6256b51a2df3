import type { ApiRequest } from '../../resources/api-message.js';
import { ChangeCollector } from '../../changes/change-collector.js';
import { ensureParentExists, ensureValidId } from '../../resources/endpoints/resource-parts.js';
import type { Exchange, PrepareContext } from '../../resources/exchange.js';
import { recordDefinition } from '../../resources/kinto/records.js';
import type { EndpointParts } from '../../resources/plugin.js';
import { placeOf } from '../../resources/resource-place.js';
import { ApiError } from '../../wire/api-error.js';

/** Asks before a file is written what is asked again in the transaction, so that strangers cannot fill the disk. */
export class UploadAccess {
  constructor(private readonly parts: EndpointParts) {}

  /** @throws ApiError as the record's own endpoint would */
  async ensureMayAttach(request: ApiRequest, { params, identity, prerequisites }: PrepareContext): Promise<void> {
    const { storage, authenticator, resource } = this.parts;
    const id = params.id ?? '';
    const place = placeOf(recordDefinition, resource.definitions, params);
    await storage.read(async (view) => {
      const caller = await authenticator.callerOf(identity, view.sql);
      const changes = new ChangeCollector();
      const exchange: Exchange = {
        request,
        params,
        identity,
        caller,
        view,
        unit: undefined,
        changes,
        originProblems: [],
        knownUris: new Set(),
      };
      try {
        await ensureParentExists(exchange, place, resource);
      } catch (error) {
        // The collection of a default bucket is made together with its first record.
        if (prerequisites.length > 0 && error instanceof ApiError) return;
        // As in Kinto, who could not write there anyway learns nothing of what is there.
        await resource.authorization.ensureMayCreate(exchange, place);
        throw error;
      }
      const found = await view.findObject(place.list, id);
      if (found === undefined) await resource.authorization.ensureMayCreate(exchange, place);
      else await resource.authorization.ensureMayWrite(exchange, place, id, true);
    });
    ensureValidId(recordDefinition, id);
  }
}
