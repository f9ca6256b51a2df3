import cluster, { type Worker } from 'node:cluster';
import { inTurns } from '../wire/in-turns.js';
import type { Gathered } from '../plugins/prometheus/serving-processes.js';
import { sumOf } from '../plugins/prometheus/sums.js';
import { isOurs, type ToWorker } from './worker-messages.js';

/** How long a worker may take to tell what it has measured, in ms: Prometheus itself gives up after 10 s. */
const ANSWER_LIMIT = 3000;

/**
 * How much is kept of workers that have ended, in characters: each may have met clients that made up ids. Of one that
 * no longer fits nothing is.
 */
const MOST_KEPT = 8 * 1024 * 1024;

/**
 * In the supervisor: gathers what the workers have measured when one of them is asked for it. The numbers pass through
 * unread, since whoever hands out the connections must not be busy.
 *
 * To Prometheus a sum that falls is a restart, after which everything counts as new. So the last that each worker told
 * stands for it when it does not answer, and after its end.
 */
export class SupervisedMetrics {
  private readonly members = new Map<number, Member>();
  /** Together, of those that have ended. */
  private ended = '';
  private readonly gather = inTurns(() => this.askAll());

  /** @param count how many workers there are to be */
  constructor(private readonly count: number) {
    // One that only starts is not asked.
    cluster.on('listening', (worker: Worker) => this.members.set(worker.id, new Member(worker)));
    cluster.on('message', (worker: Worker, message: unknown) => this.hear(worker, message));
    // Not at its end, when some of what it said may not have been heard yet.
    cluster.on('disconnect', (worker: Worker) => this.leave(worker));
  }

  private hear(worker: Worker, message: unknown): void {
    if (!isOurs(message)) return;
    if (message.kumocast === 'metrics') this.members.get(worker.id)?.told(message.text);
    if (message.kumocast === 'metrics-of-all-wanted') void this.answer(worker, message.ask);
  }

  private async answer(worker: Worker, ask: number): Promise<void> {
    say(worker, { kumocast: 'metrics-of-all', ask, gathered: await this.gather() });
  }

  private async askAll(): Promise<Gathered> {
    const asked = [...this.members.values()].filter(({ owesAnswer }) => !owesAnswer);
    await within(ANSWER_LIMIT, Promise.all(asked.map((member) => member.ask())));
    const members = [...this.members.values()];
    return {
      texts: [this.ended, ...members.map(({ last }) => last ?? '')],
      expected: this.count,
      answered: members.filter(({ last, owesAnswer }) => last !== undefined && !owesAnswer).length,
    };
  }

  private leave({ id }: Worker): void {
    const member = this.members.get(id);
    if (member === undefined) return;
    this.members.delete(id);
    member.settle();
    if (member.last === undefined) return;
    const kept = sumOf([this.ended, member.last]);
    if (kept.length <= MOST_KEPT) this.ended = kept;
  }
}

/** A worker that serves. */
class Member {
  /** What it told last. */
  last: string | undefined;
  private answered: (() => void) | undefined;

  constructor(private readonly worker: Worker) {}

  /** Then it is neither asked nor waited for again: what is said to one that stands still heaps up. */
  get owesAnswer(): boolean {
    return this.answered !== undefined;
  }

  /** Resolves when it has answered or ended. */
  ask(): Promise<void> {
    return new Promise((resolve) => {
      this.answered = resolve;
      say(this.worker, { kumocast: 'metrics-wanted' });
    });
  }

  told(text: string): void {
    this.last = text;
    this.settle();
  }

  /** Nobody waits for it any longer. */
  settle(): void {
    this.answered?.();
    this.answered = undefined;
  }
}

/** Whoever cannot be told anything has ended, which is heard of otherwise. */
function say(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** Resolves when the work is done, or when it has taken too long. */
function within(limit: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limit);
    void work.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
