import type { Endpoint } from './exchange.js';

interface Route {
  readonly endpoint: Endpoint;
  /** `undefined`: any segment. */
  readonly literals: readonly (string | undefined)[];
  readonly names: readonly string[];
}

export interface Match {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the endpoint of a path. Endpoints added first win. */
export class Routes {
  private readonly byLength = new Map<number, Route[]>();
  private readonly endpoints: Endpoint[] = [];
  /** Those that end in `{name...}`, without that. */
  private readonly openEnded: { readonly route: Route; readonly rest: string }[] = [];

  add(endpoint: Endpoint): void {
    this.endpoints.push(endpoint);
    const segments = segmentsOf(endpoint.pattern);
    const rest = /^\{(.+)\.{3}\}$/.exec(segments.at(-1) ?? '')?.[1];
    if (rest !== undefined) {
      this.openEnded.push({ route: routeOf(endpoint, segments.slice(0, -1)), rest });
      return;
    }
    const route = routeOf(endpoint, segments);
    const siblings = this.byLength.get(segments.length);
    if (siblings === undefined) this.byLength.set(segments.length, [route]);
    else siblings.push(route);
  }

  /** In the order they were added. */
  all(): Endpoint[] {
    return [...this.endpoints];
  }

  /** @param segments decoded, without the version prefix */
  find(segments: readonly string[]): Match | undefined {
    for (const route of this.byLength.get(segments.length) ?? []) {
      const params = findParams(route, segments);
      if (params !== undefined) return { endpoint: route.endpoint, params };
    }
    for (const { route, rest } of this.openEnded) {
      const { length } = route.literals;
      const params = segments.length > length ? findParams(route, segments) : undefined;
      if (params === undefined) continue;
      return { endpoint: route.endpoint, params: { ...params, [rest]: segments.slice(length).join('/') } };
    }
    return undefined;
  }
}

function routeOf(endpoint: Endpoint, segments: readonly string[]): Route {
  const names = segments.map((segment) => /^\{(.+)\}$/.exec(segment)?.[1]);
  return {
    endpoint,
    literals: segments.map((segment, index) => (names[index] === undefined ? segment : undefined)),
    names: names.map((name) => name ?? ''),
  };
}

/** What the names of the route stand for; `undefined` when the segments begin otherwise. */
function findParams({ literals, names }: Route, segments: readonly string[]): Record<string, string> | undefined {
  // An empty segment is a slash too many, never an id.
  const fits = (literal: string | undefined, index: number) =>
    literal === undefined ? segments[index] !== '' : segments[index] === literal;
  if (!literals.every(fits)) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of names.entries()) if (name !== '') params[name] = segments[index]!;
  return params;
}

/** `/a/b` → `['a', 'b']`; `/` → `['']`. */
export function segmentsOf(path: string): string[] {
  return path.slice(1).split('/');
}
