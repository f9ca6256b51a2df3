import { VERSION_PREFIX } from '../../resources/api-path.js';
import { SettingsError } from '../../settings/settings.js';
import type { OpenIdSettings } from './openid.settings.js';

/** Where tokens may be sent: each part of the URL has to fit. */
export interface CallbackPattern {
  readonly scheme: string;
  readonly host: RegExp;
  readonly port: RegExp;
  /** Path, query and fragment. */
  readonly rest: RegExp;
}

/** Programs on the user's own machine listen on a port that they find free. */
const LOCAL = ['http://localhost:*/*', 'http://127.0.0.1:*/*'];

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** `https://*.example.com:*`, then a path; IPv6 addresses stand in brackets. */
const PATTERN = /^(https?):\/\/([a-z0-9.*-]+|\[[0-9a-f:.]+\])(?::([\d*]+))?(\/.*)?$/i;

/** @throws SettingsError for a pattern that is no URL: it would let nobody in, and nobody would know why */
export function readTrustedCallbacks(key: string, { trustedCallbacks }: OpenIdSettings): CallbackPattern[] {
  return (trustedCallbacks.length === 0 ? LOCAL : trustedCallbacks).map((text) => {
    const [, scheme, host, port, rest = '/'] = PATTERN.exec(text) ?? [];
    if (scheme === undefined || host === undefined) {
      throw new SettingsError(key, `${text}: expected a URL such as https://admin.example.com/*`);
    }
    return {
      scheme: scheme.toLowerCase(),
      host: glob(host.toLowerCase()),
      port: glob(port ?? DEFAULT_PORTS[scheme.toLowerCase()]!),
      rest: glob(rest),
    };
  });
}

/** The URL as browsers read it, or `undefined` for anything that they and others might read differently. */
export function parseCallback(text: string): URL | undefined {
  if (/[\s\\\p{Cc}]/u.test(text)) return undefined;
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' ? url : undefined;
}

/** @param origin of this server: its own admin is trusted as long as the settings name nobody */
export function isTrustedCallback(
  url: URL,
  { trustedCallbacks }: OpenIdSettings,
  patterns: readonly CallbackPattern[],
  origin: string,
): boolean {
  if (trustedCallbacks.length === 0 && isOwnAdmin(url, origin)) return true;
  const scheme = url.protocol.slice(0, -1);
  const port = url.port === '' ? DEFAULT_PORTS[scheme]! : url.port;
  const rest = url.pathname + url.search + url.hash;
  return patterns.some((pattern) => {
    return (
      pattern.scheme === scheme && pattern.host.test(url.hostname) && pattern.port.test(port) && pattern.rest.test(rest)
    );
  });
}

function isOwnAdmin(url: URL, origin: string): boolean {
  return url.origin === URL.parse(origin)?.origin && url.pathname.startsWith(`${VERSION_PREFIX}/admin/`);
}

function glob(text: string): RegExp {
  const literal = text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*')}$`, 's');
}
