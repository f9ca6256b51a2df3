import { readListQuery, type ListQueryReading } from '../../wire/query/list-query.js';
import { bodyProblem } from '../../resources/write-body.js';
import type { AttributeSchema } from '../../resources/resource-definition.js';
import type { ErrorDetail } from '../../wire/api-error.js';
import { isJsonObject, stringifyJson, type JsonObject, type JsonValue } from '../../wire/json.js';
import { readSubscription, type EndpointRules } from '../../outgoing/webpush/push-target.js';
import { URGENCIES } from '../../outgoing/webpush/push-sender.js';
import { WebhookSigner } from '../../outgoing/webhook/webhook-signer.js';
import { triggerActions, triggerProblems, type TriggerRules } from './triggers.js';

export type KindName = 'webhook' | 'webpush';

/** What addresses may be given. */
export interface AddressRules extends EndpointRules, TriggerRules {
  /** In small letters; empty: any. */
  readonly allowedHosts: readonly string[];
}

/** One way of being notified: what differs between the two. */
export interface SubscriptionKind {
  /** The resource, as in the database. */
  readonly name: KindName;
  /** Under `/notifications/`. */
  readonly path: string;
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
  /** What is wrong with an object that somebody wants to store; secrets may be missing. */
  problems(value: JsonObject, prefix: string, rules: AddressRules): ErrorDetail[];
  /** Where its secret lies; it is stored and never shown. */
  readonly secretPath: readonly string[];
}

const LONGEST_URL = 2048;

/** Four weeks: what push services keep a message for at most. */
const LONGEST_TTL = 2_419_200;

const TRIGGERS: AttributeSchema = {
  accepted: {
    type: 'object',
    minProperties: 1,
    description: 'Maps patterns of URIs to the actions that are told.',
    additionalProperties: { type: 'array', minItems: 1, items: { enum: [...triggerActions(true)] } },
  },
};
const FILTER: AttributeSchema = {
  accepted: { type: 'object', description: 'Filters as those of a list, e.g. {"status": "published"}.' },
};
const BOOLEAN: AttributeSchema = { accepted: { type: 'boolean' } };

export const WEBHOOK: SubscriptionKind = {
  name: 'webhook',
  path: 'notifications/webhooks',
  secretPath: ['secret'],
  attributes: {
    url: { accepted: { type: 'string', maxLength: LONGEST_URL } },
    secret: { accepted: { type: 'string', writeOnly: true, description: 'Without one, the server makes it.' } },
    triggers: TRIGGERS,
    filter: FILTER,
    include_data: BOOLEAN,
    include_old: BOOLEAN,
    active: BOOLEAN,
  },
  problems: (value, prefix, rules) => [
    ...urlProblems(value.url, `${prefix}url`, rules),
    ...secretProblems(value.secret, `${prefix}secret`),
    ...commonProblems(value, prefix, rules),
    ...booleanProblems(value, ['active', 'include_old'], prefix),
  ],
};

export const WEBPUSH: SubscriptionKind = {
  name: 'webpush',
  path: 'notifications/webpush',
  secretPath: ['push', 'keys', 'auth'],
  attributes: {
    push: { accepted: { type: 'object', description: "What JSON.stringify makes of a browser's PushSubscription." } },
    triggers: TRIGGERS,
    filter: FILTER,
    include_data: BOOLEAN,
    ttl: { accepted: { type: 'integer', minimum: 0, maximum: LONGEST_TTL } },
    urgency: { accepted: { enum: [...URGENCIES] } },
  },
  problems: (value, prefix, rules) => [
    ...pushProblems(value.push, `${prefix}push`, rules),
    ...commonProblems(value, prefix, rules),
    ...ttlProblems(value, prefix),
  ],
};

export const KINDS: readonly SubscriptionKind[] = [WEBHOOK, WEBPUSH];

/** The filter as the query string of a list would have it. */
export function readFilter(filter: JsonObject): ListQueryReading {
  const parameters = Object.entries(filter).map(([name, value]): [string, string] => [name, parameterOf(value)]);
  return readListQuery(parameters, { maxFetchSize: 1, nowMs: Date.now() });
}

/** A text in quotes stays a text, also where it looks like a number. */
function parameterOf(value: JsonValue): string {
  return Array.isArray(value) ? value.map((item) => stringifyJson(item)).join(',') : stringifyJson(value);
}

function commonProblems(value: JsonObject, prefix: string, rules: TriggerRules): ErrorDetail[] {
  return [
    ...triggerProblems(value.triggers, `${prefix}triggers`, rules),
    ...filterProblems(value.filter, `${prefix}filter`),
    ...booleanProblems(value, ['include_data'], prefix),
  ];
}

function filterProblems(filter: JsonValue | undefined, name: string): ErrorDetail[] {
  if (filter === undefined) return [];
  if (!isJsonObject(filter)) return [bodyProblem(name, 'It maps filters to values')];
  if (Object.keys(filter).some((field) => field.startsWith('_'))) {
    return [bodyProblem(name, 'It has filters of fields only, none that begins with _')];
  }
  try {
    readFilter(filter).getQuery();
    return [];
  } catch {
    return [bodyProblem(name, 'It is no filter that a list would take')];
  }
}

function booleanProblems(value: JsonObject, names: readonly string[], prefix: string): ErrorDetail[] {
  return names.flatMap((name) =>
    value[name] === undefined || typeof value[name] === 'boolean'
      ? []
      : [bodyProblem(`${prefix}${name}`, 'It is true or false')],
  );
}

function ttlProblems({ ttl, urgency }: JsonObject, prefix: string): ErrorDetail[] {
  const problems: ErrorDetail[] = [];
  const isTtl = typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 0 && ttl <= LONGEST_TTL;
  if (ttl !== undefined && !isTtl) problems.push(bodyProblem(`${prefix}ttl`, `It is 0 to ${LONGEST_TTL} seconds`));
  if (urgency !== undefined && !URGENCIES.some((known) => known === urgency)) {
    problems.push(bodyProblem(`${prefix}urgency`, `It is one of ${URGENCIES.join(', ')}`));
  }
  return problems;
}

/** Nothing of the URL is repeated: it may be a secret. */
function urlProblems(text: JsonValue | undefined, name: string, rules: AddressRules): ErrorDetail[] {
  if (text === undefined) return [bodyProblem(name, 'Required')];
  if (typeof text !== 'string' || text.length > LONGEST_URL || !URL.canParse(text)) {
    return [bodyProblem(name, `It is a URL of at most ${LONGEST_URL} characters`)];
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(rules.allowHttp && url.protocol === 'http:')) {
    return [bodyProblem(name, 'It is an https: URL')];
  }
  if (url.username + url.password !== '') return [bodyProblem(name, 'It has no user and no password')];
  return hostProblems(url, name, rules);
}

function hostProblems(url: URL, name: string, { ensureCallable, allowedHosts }: AddressRules): ErrorDetail[] {
  if (allowedHosts.length > 0 && !allowedHosts.includes(url.hostname)) {
    return [bodyProblem(name, 'Its host is none that this server may call')];
  }
  try {
    ensureCallable(url);
    return [];
  } catch {
    return [bodyProblem(name, 'Its host is no public address')];
  }
}

function secretProblems(secret: JsonValue | undefined, name: string): ErrorDetail[] {
  if (secret === undefined) return [];
  try {
    if (typeof secret !== 'string') throw new RangeError('It is a text');
    new WebhookSigner([secret]);
    return [];
  } catch (error) {
    return [bodyProblem(name, (error as Error).message)];
  }
}

function pushProblems(push: JsonValue | undefined, name: string, rules: AddressRules): ErrorDetail[] {
  if (push === undefined) return [bodyProblem(name, 'Required')];
  if (!isJsonObject(push)) return [bodyProblem(name, 'It has an endpoint and keys')];
  const { endpoint, keys } = push;
  const problems = urlProblems(endpoint, `${name}.endpoint`, rules);
  if (problems.length > 0) return problems;
  try {
    // What a patch leaves out stays what it was, and what is new is checked when it is written.
    const shown = isJsonObject(keys) && keys.auth === undefined ? { ...keys, auth: NO_SECRET } : keys;
    readSubscription({ endpoint, keys: shown }, rules);
    return [];
  } catch (error) {
    return [bodyProblem(`${name}.keys`, (error as Error).message)];
  }
}

const NO_SECRET = Buffer.alloc(16).toString('base64url');
