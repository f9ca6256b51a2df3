import type { AuthSettings } from './auth/auth.settings.js';
import { BasicAuthPolicy } from './auth/basic/basic-auth.policy.js';
import type { ListenerKinds } from './changes/change-listener.js';
import { pusherListener } from './listeners/pusher/pusher.listener.js';
import { webSocketListener } from './listeners/websocket/websocket.listener.js';
import { defaultBucketPlugin } from './plugins/default-bucket/default-bucket.plugin.js';
import type { Hub } from './realtime/hub.js';
import type { ExtensionPoints, Plugin, Plugins } from './resources/plugin.js';
import type { ResourceDefinitions } from './resources/resource-definition.js';
import { bucketDefinition } from './resources/kinto/buckets.js';
import { collectionDefinition } from './resources/kinto/collections.js';
import { groupDefinition } from './resources/kinto/groups.js';
import { recordDefinition } from './resources/kinto/records.js';

/* Every built-in extension, each list once. */

export function addResources(definitions: ResourceDefinitions): void {
  for (const definition of [bucketDefinition, groupDefinition, collectionDefinition, recordDefinition]) {
    definitions.add(definition.name, definition);
  }
}

/** Kinto's Pusher plugins are built in: naming them changes nothing. */
const BUILT_IN: Plugin = { settings: [], extend: () => undefined };

export function addPlugins(plugins: Plugins): void {
  plugins.add('default-bucket', defaultBucketPlugin);
  for (const name of ['pusher', 'kinto_pusher', 'cliquet_pusher']) plugins.add(name, BUILT_IN);
}

export function addPolicies(
  { policies, capabilities }: Pick<ExtensionPoints, 'policies' | 'capabilities'>,
  { policies: names, useridHmacSecret }: AuthSettings,
): void {
  policies.add('basicauth', (name) => new BasicAuthPolicy(name, useridHmacSecret));
  if (!names.includes('basicauth')) return;
  // Kinto's own words: its tests and clients compare them (kinto-api.md, 1.3).
  capabilities.add('basicauth', {
    description: 'Very basic authentication sessions. Not for production use.',
    url: 'http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html',
  });
}

/** @param appId the local channels app that the built-in WebSocket publisher speaks to */
export function addListenerKinds(kinds: ListenerKinds, hub: Hub, appId: string): void {
  const definitions = [pusherListener, webSocketListener(hub, appId)];
  for (const definition of definitions) kinds.add(definition.kind, definition);
}
