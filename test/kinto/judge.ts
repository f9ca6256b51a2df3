import { compare, type Finding, type Problem } from './compare.js';
import type { Difference, KintoStorage } from './difference.js';
import { DIFFERENCES } from './differences.js';
import { Conversation, type Exchange } from './exchange.js';
import type { World } from './memory.js';
import { Pairs } from './pairs.js';
import type { Peer } from './peer.js';
import type { Scenario } from './step.js';
import type { Surroundings, Users } from './surroundings.js';

/** How one scenario went. */
export interface Verdict {
  readonly exchanges: readonly Exchange[];
  /** The first thing that nothing explains. */
  readonly finding: Finding | undefined;
}

/** A database may have what earlier runs and other profiles have left. */
let judges = 0;

/** Plays scenarios on both servers, and counts what was known before. */
export class Judge {
  readonly used = new Map<Difference, number>();
  requests = 0;
  private played = 0;
  private readonly run = `k${Date.now().toString(36)}j${(judges += 1)}`;

  constructor(
    private readonly kinto: Peer,
    private readonly kumocast: Peer,
    private readonly surroundings: Partial<Surroundings> & Users,
    private readonly kintoStorage: KintoStorage,
  ) {}

  async play(scenario: Scenario): Promise<Verdict> {
    const world = this.worldOf(`${this.run}s${(this.played += 1)}x`);
    const conversation = new Conversation(this.kinto, this.kumocast, world);
    const pairs = new Pairs(world.name, world.now);
    const exchanges: Exchange[] = [];
    for (const step of scenario) {
      const exchange = await conversation.exchange(step);
      this.requests += 1;
      exchanges.push(exchange);
      let isParted = false;
      for (const { exchange: each, problems } of compare(exchange, pairs)) {
        const unexplained = problems.filter((problem) => {
          const difference = this.explanationOf(problem, each, exchanges);
          if (difference?.parts === true) isParted = true;
          return difference === undefined;
        });
        if (unexplained.length > 0) return { exchanges, finding: { exchange: each, problems: unexplained } };
        // What comes after it, be it in the same batch, is about different objects.
        if ((isParted ||= this.isSilentlyParted(each))) break;
      }
      if (isParted) break;
    }
    return { exchanges, finding: undefined };
  }

  private worldOf(name: string): World {
    const { surroundings } = this;
    return {
      name,
      now: Date.now(),
      principalOf: (user) => surroundings.principalOf(user, name),
      authorizationOf: (user) => surroundings.authorizationOf(user, name),
      tokenOf: (user) => surroundings.tokenOf?.(user) ?? 'none',
      follow: (location, user) => surroundings.follow?.(location, user) ?? Promise.resolve(location),
    };
  }

  /** Whether the two have stored different things, and said the same. */
  private isSilentlyParted(exchange: Exchange): boolean {
    const found = DIFFERENCES.find(({ kintoStorage, partsSilently }) => {
      return this.isOf(kintoStorage) && partsSilently?.(exchange) === true;
    });
    if (found !== undefined) this.note(found);
    return found !== undefined;
  }

  private explanationOf(problem: Problem, exchange: Exchange, exchanges: readonly Exchange[]): Difference | undefined {
    const found = DIFFERENCES.find(({ kintoStorage, explains }) => {
      return this.isOf(kintoStorage) && explains(problem, exchange, exchanges);
    });
    if (found !== undefined) this.note(found);
    return found;
  }

  private isOf(storage: KintoStorage | undefined): boolean {
    return storage === undefined || storage === this.kintoStorage;
  }

  private note(difference: Difference): void {
    this.used.set(difference, (this.used.get(difference) ?? 0) + 1);
  }
}

/** What kind of difference it is: equal for the same defect met again, as far as that can be told. */
export function signatureOf({ exchange, problems }: Finding): string {
  const { method, path } = exchange.kumocast.request;
  const { kinto, kumocast } = exchange;
  const places = problems.map(({ where }) => where.replaceAll(/\.\d+/g, '.#')).sort();
  return [method, shapeOf(path), kinto.answer.status, kumocast.answer.status, places[0]].join(' ');
}

/** The same with what the request had besides. */
export function closeSignatureOf(finding: Finding): string {
  const { query = [], headers = [], body } = finding.exchange.step;
  const keys = body !== null && typeof body === 'object' ? Object.keys(body).sort() : [];
  return [
    signatureOf(finding),
    query
      .map(([name]) => name)
      .sort()
      .join(),
    headers
      .map((header) => header.join('='))
      .sort()
      .join(),
    keys.join(),
  ].join(' | ');
}

/** The path without ids. */
function shapeOf(path: string): string {
  const segments = path
    .replace(/\?.*$/s, '')
    .replace(/@-?\d+$/, '@*')
    .split('/');
  return segments
    .map((segment, index) => (index > 2 && index % 2 === 1 && segments[2] !== undefined ? '*' : segment))
    .join('/');
}
