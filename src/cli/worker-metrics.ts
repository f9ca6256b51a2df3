import type { Gathered, ServingProcesses } from '../plugins/prometheus/serving-processes.js';
import { ApiError } from '../wire/api-error.js';
import { isOurs, type ToSupervisor } from './worker-messages.js';

/** How long the supervisor may take, in ms: it waits for workers itself, for those that were asked before and then ours. */
const SUPERVISOR_LIMIT = 7000;

/** In a worker: the supervisor knows what all of them have measured ({@link SupervisedMetrics}). */
export class WorkerMetrics implements ServingProcesses {
  private asks = 0;
  private readonly waiting = new Map<number, (gathered: Gathered) => void>();
  private tell: (() => Promise<string>) | undefined;

  open(tell: () => Promise<string>): void {
    this.tell = tell;
    process.on('message', (message: unknown) => this.hear(message));
  }

  gather(): Promise<Gathered> {
    const ask = (this.asks += 1);
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.waiting.delete(ask);
        reject(new ApiError('BACKEND', { cause: new Error('the supervisor does not tell what all have measured') }));
      }, SUPERVISOR_LIMIT);
      this.waiting.set(ask, (gathered) => {
        clearTimeout(limit);
        this.waiting.delete(ask);
        resolve(gathered);
      });
      void say({ kumocast: 'metrics-of-all-wanted', ask });
    });
  }

  /** Tells what was measured without having been asked: to be called at the end, when nothing more will be. */
  async handIn(): Promise<void> {
    if (this.tell !== undefined) await say({ kumocast: 'metrics', text: await this.tell() });
  }

  private hear(message: unknown): void {
    if (!isOurs(message)) return;
    if (message.kumocast === 'metrics-wanted') void this.handIn();
    if (message.kumocast === 'metrics-of-all') this.waiting.get(message.ask)?.(message.gathered);
  }
}

/** Resolves when it is on its way. Where nobody hears it, this process ends, too. */
function say(message: ToSupervisor): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) return resolve();
    process.send(message, undefined, undefined, () => resolve());
  });
}
