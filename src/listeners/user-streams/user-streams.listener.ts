import type { ListenerDefinition } from '../../changes/change-listener.js';
import type { UserStreamsServer } from './user-streams-server.js';
import { UserStreamsSettings } from './user-streams.settings.js';

/** The word for `event_listeners.<name>.use`. */
export const USER_STREAMS = 'user-streams';

/**
 * Switches user streams on. What they tell comes by way of the live lists, so what this listener would be told of is
 * nothing to anybody: what a subscription tells of is the list that was asked for.
 *
 * @param server absent when it was not asked for at the start: its endpoints cannot come later
 */
export function userStreamsListener(
  server: Pick<UserStreamsServer, 'use'> | undefined,
): ListenerDefinition<UserStreamsSettings> {
  let isMade = false;
  return {
    kind: USER_STREAMS,
    settings: UserStreamsSettings,
    sharedPrefixes: ['user_streams.'],
    create: (settings) => {
      if (server === undefined) throw new Error('User streams are switched on when the server starts: start it again');
      if (isMade) throw new Error('There can be one listener of the kind user-streams: it is one address');
      isMade = true;
      server.use(settings);
      return { delivery: 'on-every-node', hasAudience: () => false, afterCommit: () => undefined };
    },
  };
}
