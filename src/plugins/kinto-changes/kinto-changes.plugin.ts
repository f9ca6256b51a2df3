import { ProjectSettings } from '../../resources/http.settings.js';
import type { Plugin } from '../../resources/plugin.js';
import { readSettings } from '../../settings/settings.js';
import { AnswerExpiry } from './answer-expiry.js';
import { ChangesListEndpoint } from './changes-list.endpoint.js';
import { ChangesetEndpoint } from './changeset.endpoint.js';
import { KintoChangesSettings, MaximumExpirySettings } from './kinto-changes.settings.js';
import { MonitoredCollections, readMonitored } from './monitored-collections.js';

/** The release of kinto-changes that it was compared with. */
const COMPARED_WITH = '4.1.2';

export const kintoChangesPlugin: Plugin = {
  settings: [KintoChangesSettings, MaximumExpirySettings],
  extend({ endpoints, capabilities }, source) {
    const settings = readSettings(KintoChangesSettings, source);
    const { httpHost: host } = readSettings(ProjectSettings, source);
    const monitored = readMonitored(settings.resources, source);
    const expiry = AnswerExpiry.fromSettings(source);
    endpoints.add('kinto-changes', ({ resource, project, access }) => {
      const { definitions, settings: limits } = resource;
      const { maxFetchSize } = limits;
      const collections = new MonitoredCollections(monitored, { definitions, host, maxFetchSize });
      const parts = { collections, expiry, settings, project, limits };
      return [new ChangesListEndpoint(parts), new ChangesetEndpoint({ ...parts, access, definitions })];
    });
    // The words of kinto-changes: its clients compare them.
    capabilities.add('changes', {
      description:
        'Track modifications of records in Kinto and store the collection timestamps into a specific bucket and collection.',
      url: 'http://kinto.readthedocs.io/en/latest/tutorials/synchronisation.html#polling-for-remote-changes',
      version: COMPARED_WITH,
      collections: [...settings.resources],
    });
  },
};
