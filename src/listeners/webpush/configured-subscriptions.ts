import { readFileSync } from 'node:fs';
import { ListenerFilter } from '../../changes/listener-filter.js';
import { readSubscription, shortNameOf, type EndpointRules } from '../../outgoing/webpush/push-target.js';
import { CHANGE_ACTIONS } from '../../wire/change-action.js';
import type { PushSubscription, SubscriptionSource } from './push-subscription.js';

/**
 * Subscriptions from a JSON file, read once. One that is gone is left out until the next start: the file is its
 * owner's to change.
 */
export class ConfiguredSubscriptions implements SubscriptionSource {
  private readonly active = new Map<string, PushSubscription>();

  /** @throws Error naming the entry that is wrong, or saying why the file cannot be read */
  constructor(file: string, rules: EndpointRules) {
    for (const [index, entry] of readEntries(file).entries()) {
      try {
        const subscription = this.subscriptionOf(entry, rules);
        this.active.set(subscription.endpoint, subscription);
      } catch (error) {
        throw new Error(`${file}, subscription ${index + 1}: ${(error as Error).message}`, { cause: error });
      }
    }
  }

  list(): Promise<readonly PushSubscription[]> {
    return Promise.resolve([...this.active.values()]);
  }

  holds(): boolean {
    return false;
  }

  private subscriptionOf(entry: unknown, rules: EndpointRules): PushSubscription {
    const read = readSubscription(entry, rules);
    const { collections = [] } = entry as { readonly collections?: unknown };
    if (!isListOfText(collections)) throw new TypeError('collections is no list of ids');
    const filter = new ListenerFilter({ actions: CHANGE_ACTIONS, resources: [], buckets: [], collections });
    return {
      ...read,
      label: `subscription ${shortNameOf(read.endpoint)} at ${read.origin}`,
      narrow: (change) => filter.narrow(change),
      remove: () => {
        this.active.delete(read.endpoint);
        return Promise.resolve();
      },
    };
  }
}

function readEntries(file: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new Error(`${file} cannot be read (${code})`, { cause: error });
  }
  const entries = parseOrNothing(text);
  if (!Array.isArray(entries)) throw new Error(`${file} is no JSON list of push subscriptions`);
  return entries;
}

/** The parser's own message quotes the text, and endpoints are secrets: nothing of it is told. */
function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
