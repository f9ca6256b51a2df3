import { Logger } from '@nestjs/common';
import type { AuthSettings } from './auth/auth.settings.js';
import { BasicAuthPolicy } from './auth/basic/basic-auth.policy.js';
import type { ListenerKinds } from './changes/change-listener.js';
import { pusherListener } from './listeners/pusher/pusher.listener.js';
import { redisListener } from './listeners/redis/redis.listener.js';
import { webhookListener } from './listeners/webhook/webhook.listener.js';
import type { AppStreamsServer } from './listeners/app-streams/app-streams-server.js';
import { appStreamsListener } from './listeners/app-streams/app-streams.listener.js';
import { userStreamsListener } from './listeners/user-streams/user-streams.listener.js';
import type { UserStreamsServer } from './listeners/user-streams/user-streams-server.js';
import { socketIoListener } from './listeners/socketio/socketio.listener.js';
import type { SocketIoServer } from './listeners/socketio/socketio-server.js';
import type { ListenerObjects } from './listeners/webpush/stored-subscriptions.js';
import { webPushListener } from './listeners/webpush/webpush.listener.js';
import { webSocketListener, type ChannelGuard } from './listeners/websocket/websocket.listener.js';
import { accountsPlugin } from './plugins/accounts/accounts.plugin.js';
import { accountsPolicy } from './plugins/accounts/accounts.policy.js';
import { attachmentsPlugin } from './plugins/attachments/attachments.plugin.js';
import { adminPlugin } from './plugins/admin/admin.plugin.js';
import { countersPlugin } from './plugins/counters/counters.plugin.js';
import { defaultBucketPlugin } from './plugins/default-bucket/default-bucket.plugin.js';
import { flushPlugin } from './plugins/flush/flush.plugin.js';
import { historyPlugin } from './plugins/history/history.plugin.js';
import { kintoChangesPlugin } from './plugins/kinto-changes/kinto-changes.plugin.js';
import { notificationsPlugin } from './plugins/notifications/notifications.plugin.js';
import { openIdPlugin } from './plugins/openid/openid.plugin.js';
import { openIdPolicy } from './plugins/openid/openid.policy.js';
import { pusherAuthPlugin } from './plugins/pusher-auth/pusher-auth.plugin.js';
import { prometheusPlugin } from './plugins/prometheus/prometheus.plugin.js';
import type { ServingProcesses } from './plugins/prometheus/serving-processes.js';
import { quotasPlugin } from './plugins/quotas/quotas.plugin.js';
import { statsdPlugin } from './plugins/statsd/statsd.plugin.js';
import type { Hub } from './realtime/hub.js';
import type { ExtensionPoints, Plugin, Plugins } from './resources/plugin.js';
import type { ResourceDefinitions } from './resources/resource-definition.js';
import { bucketDefinition } from './resources/kinto/buckets.js';
import { collectionDefinition } from './resources/kinto/collections.js';
import { groupDefinition } from './resources/kinto/groups.js';
import { recordDefinition } from './resources/kinto/records.js';
import { addPermissionsListIfAsked } from './resources/permissions-list/permissions-list.js';
import { addUserData } from './resources/user-data/user-data.js';
import type { SettingSource } from './settings/settings.js';

/* Every built-in extension, each list once. */

export function addResources(definitions: ResourceDefinitions): void {
  for (const definition of [bucketDefinition, groupDefinition, collectionDefinition, recordDefinition]) {
    definitions.add(definition.name, definition);
  }
}

/** Kinto's Pusher plugins are built in: naming them changes nothing. */
const BUILT_IN: Plugin = { settings: [], extend: () => undefined };

/** @param processes where several serve together */
export function addPlugins(plugins: Plugins, processes?: ServingProcesses): void {
  plugins.add('accounts', accountsPlugin);
  plugins.add('admin', adminPlugin);
  plugins.add('changes', kintoChangesPlugin);
  plugins.add('counters', countersPlugin);
  plugins.add('default-bucket', defaultBucketPlugin);
  plugins.add('flush', flushPlugin);
  plugins.add('history', historyPlugin);
  plugins.add('quotas', quotasPlugin);
  plugins.add('notifications', notificationsPlugin);
  plugins.add('openid', openIdPlugin);
  plugins.add('prometheus', prometheusPlugin(processes));
  plugins.add('statsd', statsdPlugin);
  plugins.add('attachments', attachmentsPlugin);
  plugins.add('pusher-auth', pusherAuthPlugin);
  for (const name of ['pusher', 'kinto_pusher', 'cliquet_pusher']) plugins.add(name, BUILT_IN);
}

/** What is there without being included, or switched on by a setting of its own. */
export function addFeatures(points: ExtensionPoints, source: SettingSource): void {
  addPermissionsListIfAsked(points, source);
  addUserData(points);
}

export function addPolicies(
  { policies, capabilities }: Pick<ExtensionPoints, 'policies' | 'capabilities'>,
  { policies: names, useridHmacSecret }: AuthSettings,
): void {
  policies.add('basicauth', (name) => new BasicAuthPolicy(name, useridHmacSecret));
  policies.add('accounts', accountsPolicy);
  policies.add('openid', openIdPolicy);
  if (!names.includes('basicauth')) return;
  // Kinto's own words: its tests and clients compare them (kinto-api.md, 1.3).
  capabilities.add('basicauth', {
    description: 'Very basic authentication sessions. Not for production use.',
    url: 'http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html',
  });
}

/** The local channels app that the built-in WebSocket publisher speaks to. */
export interface LocalChannels {
  readonly hub: Hub;
  readonly appId: string;
  readonly guard: ChannelGuard;
  readonly sockets: SocketIoServer;
  readonly appStreams: AppStreamsServer | undefined;
  readonly userStreams: UserStreamsServer | undefined;
}

/** @param objects where push subscriptions are stored */
export function addListenerKinds(kinds: ListenerKinds, local: LocalChannels, objects: ListenerObjects): void {
  const definitions = [
    pusherListener,
    redisListener,
    webhookListener,
    webSocketListener(local.hub, local.appId, local.guard),
    socketIoListener(local.sockets),
    appStreamsListener(local.appStreams),
    userStreamsListener(local.userStreams),
    webPushListener(objects, new Logger('listeners')),
  ];
  for (const definition of definitions) kinds.add(definition.kind, definition);
}
