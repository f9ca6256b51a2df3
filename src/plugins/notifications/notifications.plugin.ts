import { PluginsSettings, type ExtensionPoints, type Plugin } from '../../resources/plugin.js';
import { areKeyPair } from '../../outgoing/webpush/vapid-keys.js';
import type { PushSenderSettings } from '../../outgoing/webpush/push-sender.js';
import { readSettings, resolveDottedName, SettingsError, type SettingSource } from '../../settings/settings.js';
import type { Notifications } from './notifications.js';
import { NotificationsSettings, VapidSettings } from './notifications.settings.js';
import { addSubscriptionRules, subscriptionDefinition } from './subscription.definition.js';
import { WEBHOOK, WEBPUSH, type AddressRules, type SubscriptionKind } from './subscription-kinds.js';

export const NOTIFICATIONS = 'notifications';

/** It stands on the log's readers and leases, so it is put together where these are; including it switches it on. */
export const notificationsPlugin: Plugin = { settings: [NotificationsSettings], extend: () => undefined };

export function isNotificationsWanted(source: SettingSource): boolean {
  const { includes } = readSettings(PluginsSettings, source);
  return includes.some((name) => resolveDottedName('plugin', name) === NOTIFICATIONS);
}

/**
 * What web push is sent with; `undefined`: the server has no VAPID key.
 *
 * @throws SettingsError when part of it is missing or the keys do not belong together
 */
export function readPushSettings(
  source: SettingSource,
  { allowPrivateAddresses, timeout }: NotificationsSettings,
): PushSenderSettings | undefined {
  const { vapidPublicKey, vapidPrivateKey, subject } = readSettings(VapidSettings, source, { prefixes: ['webpush.'] });
  if (vapidPublicKey === undefined && vapidPrivateKey === undefined) return undefined;
  if (vapidPublicKey === undefined || vapidPrivateKey === undefined || subject === undefined) {
    const keys = 'webpush.vapid_public_key, webpush.vapid_private_key, webpush.subject';
    throw new SettingsError(keys, 'web push needs all three');
  }
  if (!areKeyPair({ publicKey: vapidPublicKey, privateKey: vapidPrivateKey })) {
    throw new SettingsError('webpush.vapid_public_key, webpush.vapid_private_key', 'do not belong together');
  }
  const usual = { parallel: 4, ttl: 86_400, urgency: 'normal' } as const;
  return { vapidPublicKey, vapidPrivateKey, subject, allowPrivateAddresses, timeout, ...usual };
}

/** Puts the endpoints, the rules and the capabilities where they belong. */
export function addNotifications(
  points: Pick<ExtensionPoints, 'definitions' | 'rules' | 'capabilities' | 'endpoints' | 'readObservers'>,
  notifications: Notifications,
  { settings, push }: { settings: NotificationsSettings; push: PushSenderSettings | undefined },
): void {
  const rules: AddressRules = {
    allowHttp: settings.allowPrivateAddresses,
    allowedHosts: settings.allowedHosts.map((host) => host.toLowerCase()),
    ...{ maxTriggers: settings.maxTriggers, readTriggers: settings.readTriggers },
    ensureCallable: (url) => notifications.senders.ensureCallable(url),
  };
  const kinds: SubscriptionKind[] = push === undefined ? [WEBHOOK] : [WEBHOOK, WEBPUSH];
  for (const kind of kinds) {
    const definition = subscriptionDefinition(kind, rules);
    points.definitions.add(kind.name, definition);
    addSubscriptionRules(points.rules, kind);
    points.endpoints.add(kind.path, (parts) => notifications.endpoints(kind, definition, parts));
  }
  const { reads } = notifications;
  if (reads !== undefined) points.readObservers.add(NOTIFICATIONS, (place, id) => reads.observe(place, id));
  const limits = { subscriptions: settings.maxPerUser, triggers: settings.maxTriggers };
  points.capabilities.add('webhooks', {
    description: 'Users are told of changes by signed requests to URLs of their own: /notifications/webhooks.',
    url: 'https://www.standardwebhooks.com/',
    limits,
  });
  if (push === undefined) return;
  points.capabilities.add('webpush', {
    description: 'Users are told of changes by their browsers, without an open page: /notifications/webpush.',
    url: 'https://www.rfc-editor.org/rfc/rfc8030',
    vapid_public_key: push.vapidPublicKey,
    limits: { ...limits, subscription_ttl: settings.subscriptionTtl },
  });
}
