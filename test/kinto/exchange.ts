import { listOf } from './list.js';
import { Memory, type World } from './memory.js';
import type { Peer, WireRequest } from './peer.js';
import type { Answer, Json, JsonMap, Step } from './step.js';

/** One request to both servers, and what each said. */
export interface Exchange {
  readonly step: Step;
  readonly kinto: Side;
  readonly kumocast: Side;
  /** It was inside a batch. */
  readonly isPart?: boolean;
}

export interface Side {
  readonly request: WireRequest;
  readonly answer: Answer;
  /** Where it is served; its own name in URLs. */
  readonly origin: string;
}

/** Both servers, and what they have said in one scenario. */
export class Conversation {
  private readonly kintoMemory: Memory;
  private readonly kumocastMemory: Memory;

  constructor(
    private readonly kinto: Peer,
    private readonly kumocast: Peer,
    private readonly world: World,
  ) {
    this.kintoMemory = new Memory(world);
    this.kumocastMemory = new Memory(world);
  }

  /** @throws Error when one of them does not answer */
  async exchange(step: Step): Promise<Exchange> {
    const toKinto = wireRequest(step, this.kintoMemory, this.world);
    const toKumocast = wireRequest(step, this.kumocastMemory, this.world);
    await nextMillisecond();
    const [kinto, kumocast] = await Promise.all([this.kinto.send(toKinto), this.kumocast.send(toKumocast)]);
    const exchange: Exchange = {
      step,
      kinto: { request: toKinto, answer: kinto, origin: this.kinto.origin },
      kumocast: { request: toKumocast, answer: kumocast, origin: this.kumocast.origin },
    };
    this.learn(exchange);
    if (step.follows !== undefined) await this.follow(exchange, step.follows);
    return exchange;
  }

  private async follow({ kinto, kumocast }: Exchange, user: string): Promise<void> {
    const [left, right] = [kinto, kumocast].map(({ answer }) => answer.headers.get('location'));
    if (left === undefined || right === undefined) return;
    Memory.comeBack(
      [this.kintoMemory, await this.world.follow(left, user)],
      [this.kumocastMemory, await this.world.follow(right, user)],
    );
  }

  private learn(exchange: Exchange): void {
    for (const { step, kinto, kumocast } of [exchange, ...partsOf(exchange)]) {
      Memory.learn(
        listOf(kumocast.request.path, step.user),
        step.method,
        [this.kintoMemory, kinto.answer],
        [this.kumocastMemory, kumocast.answer],
      );
    }
  }
}

/** The requests inside a batch, each as if it had been sent alone. None where one of the servers refused the batch. */
export function partsOf({ step, kinto, kumocast }: Exchange): Exchange[] {
  if (step.method !== 'POST' || step.path !== '/v1/batch') return [];
  const left = partAnswers(kinto.answer);
  const right = partAnswers(kumocast.answer);
  return left.slice(0, right.length).map((answer, index): Exchange => {
    const here = partRequest(kumocast.request, index);
    const { method, path } = here;
    return {
      step: { path, ...step.batch?.[index], method, user: step.user },
      kinto: { ...kinto, request: partRequest(kinto.request, index), answer },
      kumocast: { ...kumocast, request: here, answer: right[index]! },
      isPart: true,
    };
  });
}

function partAnswers({ status, text }: Answer): Answer[] {
  if (status !== 200) return [];
  const { responses } = JSON.parse(text) as {
    responses?: { status: number; headers?: Record<string, string>; body?: Json }[];
  };
  return (responses ?? []).map(({ status, headers = {}, body }) => ({
    status,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    text: typeof body === 'string' ? body : JSON.stringify(body ?? null),
  }));
}

function partRequest(outer: WireRequest, index: number): WireRequest {
  const { requests, defaults } = JSON.parse(outer.body ?? '{}') as { requests: JsonMap[]; defaults?: JsonMap };
  const { method, path, body, headers } = { ...defaults, ...requests[index] };
  return {
    method: typeof method === 'string' ? method : 'GET',
    path: typeof path === 'string' ? path : '',
    headers: { ...outer.headers, ...lowerCased((headers ?? {}) as Record<string, string>) },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function wireRequest(step: Step, memory: Memory, world: World): WireRequest {
  const headers: Record<string, string> = {};
  const content = contentOf(step, memory);
  if (step.user !== null) headers.authorization = world.authorizationOf(step.user);
  if (content !== undefined) headers['content-type'] = 'application/json';
  for (const [name, value] of step.headers ?? []) {
    // An empty name takes away: there is no other way to say that a body comes without its type.
    if (value === ABSENT) delete headers[name.toLowerCase()];
    else headers[name.toLowerCase()] = memory.fill(value, listFor(step, memory));
  }
  return { method: step.method, path: pathOf(step, memory), headers, body: content };
}

/** As a header's value: the header is not sent. */
export const ABSENT = '\0';

function contentOf(step: Step, memory: Memory): string | undefined {
  if (step.raw !== undefined) return memory.fill(step.raw);
  if (step.batch !== undefined) {
    return JSON.stringify({ requests: step.batch.map((part) => partContent({ ...part, user: step.user }, memory)) });
  }
  return step.body === undefined ? undefined : JSON.stringify(memory.fillJson(step.body, listFor(step, memory)));
}

function partContent(part: Step, memory: Memory): JsonMap {
  const list = listFor(part, memory);
  return {
    method: part.method,
    path: pathOf(part, memory),
    ...(part.headers === undefined ? {} : { headers: memory.fillJson(Object.fromEntries(part.headers), list) }),
    ...(part.body === undefined ? {} : { body: memory.fillJson(part.body, list) }),
  };
}

function listFor({ path, user }: Step, memory: Memory): string {
  // A placeholder for a time in a path, a snapshot's, does not name its own list.
  return listOf(memory.fill(path), user);
}

function pathOf(step: Step, memory: Memory): string {
  const list = listFor(step, memory);
  // A server's own URLs may have what no request line can.
  const filled = memory.fill(step.path, list).replace(/[^\x21-\x7e]+/g, encodeURIComponent);
  const pairs = (step.query ?? []).map(([name, value]) => {
    return `${encodeURIComponent(memory.fill(name))}=${encodeURIComponent(memory.fill(value, list))}`;
  });
  if (pairs.length === 0) return filled;
  return `${filled}${filled.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

/** Two requests of one millisecond could be in one order here and in none there. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  while (Date.now() === now) await new Promise((resolve) => setImmediate(resolve));
}
