import type { Cluster } from './nodes-cluster.js';

const AUTHORIZATION = `Basic ${Buffer.from('ann:secret').toString('base64')}`;

export const HEADERS = { authorization: AUTHORIZATION, 'content-type': 'application/json' };

/** In ms: who hears nothing for so long asks another server. */
const PATIENCE = 20_000;

/** Asks until some server has answered that it is done. What is asked may be done twice. */
export async function insist(
  cluster: Cluster,
  turn: number,
  method: string,
  path: string,
  data?: object,
): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const problem = await attempt(cluster.pick(turn + tries).url, method, path, data);
    if (problem === undefined) return;
    if (tries > 200) throw new Error(`${method} ${path}: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** `undefined`: it is done. */
async function attempt(url: string, method: string, path: string, data?: object): Promise<string | undefined> {
  try {
    const body = data === undefined ? {} : { body: JSON.stringify({ data }) };
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(`${url}/v1${path}`, { method, headers: HEADERS, signal, ...body });
    const text = await response.text();
    if (response.status < 300) return undefined;
    if (response.status < 500) throw new RangeError(`answered ${response.status}: ${text}`);
    return text;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return String(error);
  }
}

/** Writers, each with records of its own in a collection that all share and in one of its own. */
export class Writers {
  /** What was answered last, by the path of the record. */
  readonly answered = new Map<string, number>();
  /** How many were answered. */
  turns = 0;
  private isOver = false;
  private running: Promise<void>[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly count: number,
  ) {}

  start(): void {
    this.running = Array.from({ length: this.count }, (_, writer) => this.write(writer));
  }

  /** Resolves when the last write of each has been answered. */
  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.running);
  }

  private async write(writer: number): Promise<void> {
    for (let turn = 0; !this.isOver; turn += 1) {
      const collection = turn % 2 === 0 ? 'shared' : `own-${writer % 8}`;
      const path = `/buckets/load/collections/${collection}/records/w${writer}-${turn % 10}`;
      await insist(this.cluster, writer + turn, 'PUT', path, { turn });
      this.answered.set(path, turn);
      this.turns += 1;
      // A server serves others besides.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
