import type { ListenerDefinition } from '../../changes/change-listener.js';
import type { AppStreamsServer } from './app-streams-server.js';
import { AppStreamsSettings } from './app-streams.settings.js';

/** The word for `event_listeners.<name>.use`. */
export const APP_STREAMS = 'app-streams';

/**
 * Switches app streams on. Each connection reads the log by itself, so what this listener would be told of is nothing to
 * anybody: what a stream tells of is in its own `object_types` and `scope`.
 *
 * @param server absent when it was not asked for at the start: its endpoints cannot come later
 */
export function appStreamsListener(
  server: Pick<AppStreamsServer, 'use'> | undefined,
): ListenerDefinition<AppStreamsSettings> {
  let isMade = false;
  return {
    kind: APP_STREAMS,
    settings: AppStreamsSettings,
    sharedPrefixes: ['streams.'],
    create: (settings) => {
      if (server === undefined) throw new Error('App streams are switched on when the server starts: start it again');
      if (isMade) throw new Error('There can be one listener of the kind app-streams: it is one address');
      isMade = true;
      server.use(settings);
      return { delivery: 'on-every-node', hasAudience: () => false, afterCommit: () => undefined };
    },
  };
}
