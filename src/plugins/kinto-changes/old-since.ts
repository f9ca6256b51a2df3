import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { expiryHeaders } from '../../resources/expiry.js';
import type { ProjectSettings } from '../../resources/http.settings.js';
import { findDecodedPath, parseQueryString } from '../../resources/query-string.js';
import { redirectTo } from '../../resources/redirect.js';
import type { KintoChangesSettings } from './kinto-changes.settings.js';

const DAY = 86_400_000;

/**
 * Who has been away for long is sent to the whole list instead of a part of it: it is small, and caches then have one
 * URL to keep instead of one for each moment at which somebody has left.
 */
export function findOldSinceRedirect(
  request: ApiRequest,
  settings: KintoChangesSettings,
  project: Pick<ProjectSettings, 'httpHost' | 'httpScheme'>,
): ApiResponse | undefined {
  const { sinceMaxAgeDays, redirectTtl } = settings;
  const since = new Map(parseQueryString(request.queryString)).get('_since')?.replace(/^"+|"+$/g, '') ?? '';
  // What is no number is refused later, with the rest of what is wrong.
  if (sinceMaxAgeDays < 0 || !/^\s*[-+]?\d+\s*$/.test(since)) return undefined;
  if (Number(since) >= Date.now() - sinceMaxAgeDays * DAY) return undefined;
  const host = settings.httpHost || project.httpHost;
  const origin = host === '' ? request.origin : `${project.httpScheme || 'https'}://${host}`;
  const rest = request.queryString.split('&').filter((pair) => !/^_since(=|$)/.test(pair));
  const whole = { ...request, origin, queryString: rest.join('&') };
  return redirectTo(whole, findDecodedPath(request.path), redirectTtl < 0 ? {} : expiryHeaders(redirectTtl));
}
