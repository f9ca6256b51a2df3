import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { whyNotPublic } from './address-rules.js';
import { PrivateAddressRefused } from './outgoing-failure.js';

/** How connections are made. */
export interface Dialling {
  /** Finds the addresses of a name, as `dns.lookup` does. */
  readonly lookup: LookupFunction;
}

/**
 * Opens connections to public addresses alone. Names are judged by what they resolve to, once: the very addresses that
 * were judged are the ones that are connected to. So a name whose answer changes between two questions (DNS rebinding)
 * leads nowhere else.
 */
export function guardedConnect({ lookup }: Dialling): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup(lookup) });
  return (options, callback) => {
    try {
      ensurePublicLiteral(options.hostname);
    } catch (error) {
      // Not at once: undici does not expect an answer before it has finished asking.
      setImmediate(callback, error as PrivateAddressRefused, null);
      return;
    }
    return connect(options, callback);
  };
}

/**
 * A literal address is connected to without a lookup. Names pass.
 *
 * @param hostname of a URL, IPv6 with or without brackets
 * @throws PrivateAddressRefused
 */
export function ensurePublicLiteral(hostname: string): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) === 0) return;
  const why = whyNotPublic(address);
  if (why !== undefined) throw new PrivateAddressRefused(address, address, why);
}

/** Asks for all addresses and keeps the public ones; when there is none, the name is refused. */
function guardedLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, options.all === true ? [] : '', 0);
      const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
      const allowed = addresses.filter(({ address }) => whyNotPublic(address) === undefined);
      if (allowed.length === 0) return callback(refusalOf(hostname, addresses), options.all === true ? [] : '', 0);
      if (options.all === true) return callback(null, allowed);
      return callback(null, allowed[0]!.address, allowed[0]!.family);
    });
  };
}

function refusalOf(hostname: string, addresses: readonly LookupAddress[]): Error {
  const [first] = addresses;
  if (first === undefined) return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
  return new PrivateAddressRefused(hostname, first.address, whyNotPublic(first.address) ?? 'reserved');
}
