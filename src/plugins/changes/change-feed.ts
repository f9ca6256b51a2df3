import { Logger } from '@nestjs/common';
import type { Closing } from '../../resources/live/live-transports.js';
import type { ExtensionPoints } from '../../resources/plugin.js';
import type { Storage } from '../../storage/storage.js';
import { ChangesEndpoint, type FeedParts } from './changes.endpoint.js';
import { FEED_SCOPES } from './feed-scopes.js';
import { FeedWatch } from './feed-watch.js';

/**
 * Adds the change feed. Kinto has nothing at these URLs.
 *
 * @returns what ends its answers that go on
 */
export function addChangeFeed(
  { endpoints, capabilities }: ExtensionPoints,
  storage: Storage,
  parts: Omit<FeedParts, 'watch'>,
): Closing {
  const watch = new FeedWatch(storage, parts.settings.sweep, new Logger('changes'));
  endpoints.add('changes', (own) => FEED_SCOPES.map((scope) => new ChangesEndpoint(scope, own, { ...parts, watch })));
  // Where kinto-changes is on, its own capability has this name, and its clients read it.
  if (capabilities.find('changes') === undefined) {
    capabilities.add('changes', {
      description: 'The log of all changes, as pages, long polls and server-sent events.',
      url: 'https://html.spec.whatwg.org/multipage/server-sent-events.html',
      limits: { max_limit: 1000, max_wait: parts.settings.maxWait },
    });
  }
  return watch;
}
