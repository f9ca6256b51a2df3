import { compareText, compareToken } from './compare-body.js';
import type { Comparison } from './compare.js';

type Rule = (comparison: Comparison, name: string, kinto: string, kumocast: string) => void;

const exactly: Rule = ({ add }, name, kinto, kumocast) => {
  if (kinto !== kumocast) add(`header ${name}`, kinto, kumocast);
};

const asSet: Rule = ({ add }, name, kinto, kumocast) => {
  if (setOf(kinto) !== setOf(kumocast)) add(`header ${name}`, kinto, kumocast);
};

/** What this server has beyond Kinto; docs/kinto.md says so. */
const OWN_HEADER = /, ?Change-Position|Change-Position, ?/i;

/** The names of headers, without our own. */
const asHeaderNames: Rule = (comparison, name, kinto, kumocast) => {
  asSet(comparison, name, kinto, kumocast.replace(OWN_HEADER, ''));
};

/** Whether it is there is compared for all of them. */
const anyValue: Rule = () => undefined;

const asEtag: Rule = ({ add, pairs, list }, name, kinto, kumocast) => {
  const [left, right] = [kinto, kumocast].map((value) => /^"(\d+)"$/.exec(value)?.[1]);
  if (left === undefined || right === undefined) {
    if (kinto !== kumocast) add(`header ${name}`, kinto, kumocast);
  } else if (!pairs.joinStamps(list, Number(left), Number(right))) add(`header ${name}`, kinto, kumocast);
};

const asUrl: Rule = (comparison, name, kinto, kumocast) => {
  const where = `header ${name}`;
  const { exchange, add } = comparison;
  const [left, right] = [URL.parse(kinto, exchange.kinto.origin), URL.parse(kumocast, exchange.kumocast.origin)];
  if (left === null || right === null) return add(where, kinto, kumocast);
  if (left.host.replace(/:.*/, '') !== right.host.replace(/:.*/, '') || left.protocol !== right.protocol) {
    add(where, kinto, kumocast);
  }
  compareText(comparison, where, '', left.pathname, right.pathname);
  const logins = [left, right].map(({ hash }) => /^#tokens=(.*)$/.exec(hash)?.[1]);
  if (logins[0] !== undefined && logins[1] !== undefined) {
    compareLogin(comparison, where, decodeURIComponent(logins[0]), decodeURIComponent(logins[1]));
  } else if (left.hash !== right.hash) add(where, left.hash, right.hash);
  const names = setOf([...left.searchParams.keys()].join());
  if (names !== setOf([...right.searchParams.keys()].join())) return add(where, left.search, right.search);
  for (const key of new Set(left.searchParams.keys())) {
    const [mine, its] = [left.searchParams.getAll(key).join(), right.searchParams.getAll(key).join()];
    // Random, and each server's own.
    if (key === 'state' && [mine, its].every((state) => /^[0-9a-f]{64}$/.test(state))) continue;
    if (key === 'tokens') compareLogin(comparison, where, mine, its);
    else if (key === '_token') compareToken(comparison, `${where} _token`, mine, its);
    else compareText(comparison, `${where} ${key}`, '', mine, its);
  }
};

/** What the identity provider has said, in base64: each server has traded a code of its own. */
function compareLogin({ add }: Comparison, where: string, kinto: string, kumocast: string): void {
  const [left, right] = [kinto, kumocast].map(withoutTokens);
  if (left !== right) add(`${where} tokens`, left, right);
}

function withoutTokens(text: string): string {
  // What the provider refuses is not in base64.
  if (!/^[\w+/]+=*$/.test(text) || text.length < 20) return text;
  const said = JSON.parse(Buffer.from(text, 'base64').toString()) as Record<string, unknown>;
  const own = Object.keys(said).filter((key) => key.endsWith('_token') || key === 'expires_in');
  return JSON.stringify({ ...said, ...Object.fromEntries(own.map((key) => [key, typeof said[key]])) });
}

const RULES: Readonly<Record<string, Rule>> = {
  'access-control-allow-credentials': exactly,
  'access-control-allow-headers': asHeaderNames,
  'access-control-allow-methods': asSet,
  'access-control-allow-origin': exactly,
  'access-control-expose-headers': asHeaderNames,
  'access-control-max-age': exactly,
  alert: exactly,
  allow: asSet,
  backoff: exactly,
  'cache-control': exactly,
  'content-security-policy': exactly,
  'content-type': exactly,
  etag: asEtag,
  expires: anyValue,
  'last-modified': anyValue,
  location: asUrl,
  'next-page': asUrl,
  pragma: exactly,
  'retry-after': exactly,
  'total-objects': exactly,
  'total-records': exactly,
  'www-authenticate': exactly,
  'x-content-type-options': exactly,
};

/** Headers that mean something to a browser, which never sees those inside a batch. Kinto has them there now and then. */
const OUTER_ONLY = new Set(['content-security-policy', 'x-content-type-options']);

export function compareHeaders(comparison: Comparison): void {
  const { exchange, add } = comparison;
  const [left, right] = [exchange.kinto.answer.headers, exchange.kumocast.answer.headers];
  for (const [name, rule] of Object.entries(RULES)) {
    if (exchange.isPart && OUTER_ONLY.has(name)) continue;
    const [kinto, kumocast] = [left.get(name)?.trim(), right.get(name)?.trim()];
    if (kinto === undefined && kumocast === undefined) continue;
    if (kinto === undefined || kumocast === undefined) add(`header ${name}`, kinto, kumocast);
    else rule(comparison, name, kinto, kumocast);
  }
  if (isSameMoment(left) !== isSameMoment(right)) {
    add('header last-modified', left.get('last-modified'), right.get('last-modified'));
  }
}

/** Whether `Last-Modified` says what `ETag` says, in whole seconds. */
function isSameMoment(headers: ReadonlyMap<string, string>): boolean {
  const etag = Number(/^"(\d+)"$/.exec(headers.get('etag') ?? '')?.[1]);
  return Math.floor(etag / 1000) * 1000 === Date.parse(headers.get('last-modified') ?? '');
}

function setOf(list: string): string {
  const names = list.split(/[,\n]/).map((name) => name.trim().toLowerCase());
  return [...new Set(names)].sort().join(', ');
}
