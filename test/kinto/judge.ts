import { compare, type Finding, type Problem } from './compare.js';
import type { Difference, KintoStorage } from './difference.js';
import { DIFFERENCES } from './differences.js';
import { Conversation, type Exchange } from './exchange.js';
import { Pairs } from './pairs.js';
import type { Peer } from './peer.js';
import type { Profile, Scenario } from './step.js';

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
    private readonly profile: Profile,
    private readonly kintoStorage: KintoStorage,
  ) {}

  async play(scenario: Scenario): Promise<Verdict> {
    const world = {
      name: `${this.run}s${(this.played += 1)}x`,
      now: Date.now(),
      principalOf: this.profile.principalOf ?? ((): string => ''),
    };
    const conversation = new Conversation(this.kinto, this.kumocast, world);
    const pairs = new Pairs(world.name, world.now);
    const exchanges: Exchange[] = [];
    for (const step of scenario) {
      const exchange = await conversation.exchange(step);
      this.requests += 1;
      exchanges.push(exchange);
      let isParted = false;
      for (const finding of compare(exchange, pairs)) {
        const unexplained = finding.problems.filter((problem) => {
          const difference = this.explanationOf(problem, finding.exchange);
          if (difference?.parts === true) isParted = true;
          return difference === undefined;
        });
        if (unexplained.length === 0) continue;
        return { exchanges, finding: { exchange: finding.exchange, problems: unexplained } };
      }
      if (isParted) break;
    }
    return { exchanges, finding: undefined };
  }

  private explanationOf(problem: Problem, exchange: Exchange): Difference | undefined {
    const found = DIFFERENCES.find(({ kintoStorage, explains }) => {
      return (kintoStorage === undefined || kintoStorage === this.kintoStorage) && explains(problem, exchange);
    });
    if (found !== undefined) this.used.set(found, (this.used.get(found) ?? 0) + 1);
    return found;
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
  const segments = path.replace(/\?.*$/s, '').split('/');
  return segments
    .map((segment, index) => (index > 2 && index % 2 === 1 && segments[2] !== undefined ? '*' : segment))
    .join('/');
}
