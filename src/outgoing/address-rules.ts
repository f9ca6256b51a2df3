import ipaddr from 'ipaddr.js';

/** All that is given out for the public so far (IANA's registry of IPv6 unicast addresses); the rest is kept back. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** IPv4 behind a translator (RFC 6052): as far as it goes, the address within is the one that is reached. */
const TRANSLATED: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];

/** Public by its number, and the platform's own door on every machine of Azure. */
const AZURE_PLATFORM = '168.63.129.16';

/** What the ranges of ipaddr.js are called in a sentence. */
const NAMES: Readonly<Record<string, string>> = {
  unspecified: 'unspecified',
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  linkLocal: 'link-local',
  carrierGradeNat: 'shared (RFC 6598)',
  multicast: 'multicast',
  broadcast: 'broadcast',
};

/**
 * Why an IP address is not one of the public internet, as an adjective: `loopback`, `private`, …; `undefined`: it is
 * one. What is not known to be public is not: the list of the forbidden would never be complete.
 */
export function whyNotPublic(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return 'unreadable';
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 ? whyNotPublicIPv6(parsed) : whyNotPublicIPv4(parsed);
}

function whyNotPublicIPv4(address: ipaddr.IPv4): string | undefined {
  if (address.toString() === AZURE_PLATFORM) return 'reserved';
  return nameOf(address.range());
}

function whyNotPublicIPv6(address: ipaddr.IPv6): string | undefined {
  if (address.isIPv4MappedAddress()) return whyNotPublicIPv4(address.toIPv4Address());
  if (address.match(TRANSLATED)) return whyNotPublicIPv4(new ipaddr.IPv4(address.toByteArray().slice(-4)));
  return nameOf(address.range()) ?? (address.match(GLOBAL_UNICAST) ? undefined : 'reserved');
}

function nameOf(range: string): string | undefined {
  return range === 'unicast' ? undefined : (NAMES[range] ?? 'reserved');
}
