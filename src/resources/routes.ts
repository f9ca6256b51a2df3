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

  add(endpoint: Endpoint): void {
    const segments = segmentsOf(endpoint.pattern);
    const names = segments.map((segment) => /^\{(.+)\}$/.exec(segment)?.[1]);
    const route: Route = {
      endpoint,
      literals: segments.map((segment, index) => (names[index] === undefined ? segment : undefined)),
      names: names.map((name) => name ?? ''),
    };
    const siblings = this.byLength.get(segments.length);
    if (siblings === undefined) this.byLength.set(segments.length, [route]);
    else siblings.push(route);
  }

  all(): Endpoint[] {
    return [...this.byLength.values()].flat().map(({ endpoint }) => endpoint);
  }

  /** @param segments decoded, without the version prefix */
  find(segments: readonly string[]): Match | undefined {
    for (const { endpoint, literals, names } of this.byLength.get(segments.length) ?? []) {
      // An empty segment is a slash too many, never an id.
      const fits = (literal: string | undefined, index: number) =>
        literal === undefined ? segments[index] !== '' : segments[index] === literal;
      if (!literals.every(fits)) continue;
      const params: Record<string, string> = {};
      for (const [index, name] of names.entries()) if (name !== '') params[name] = segments[index]!;
      return { endpoint, params };
    }
    return undefined;
  }
}

/** `/a/b` → `['a', 'b']`; `/` → `['']`. */
export function segmentsOf(path: string): string[] {
  return path.slice(1).split('/');
}
