import type { Gathered } from '../plugins/prometheus/serving-processes.js';

/** What a worker is told; a signal that a terminal or systemd gives to all of them would arrive twice. */
export type WorkerOrder = 'stop' | 'reload';

/** What else the supervisor says to a worker. */
export type ToWorker =
  | { readonly kumocast: 'metrics-wanted' }
  | { readonly kumocast: 'metrics-of-all'; readonly ask: number; readonly gathered: Gathered };

/** What a worker says to the supervisor. */
export type ToSupervisor =
  | { readonly kumocast: 'metrics'; readonly text: string }
  /** @property ask comes back with the answer */
  | { readonly kumocast: 'metrics-of-all-wanted'; readonly ask: number };

export function isOrder(message: unknown): message is WorkerOrder {
  return message === 'stop' || message === 'reload';
}

/** Packages may talk between processes, too; what is not ours is nobody's here. */
export function isOurs(message: unknown): message is ToWorker | ToSupervisor {
  return typeof message === 'object' && message !== null && 'kumocast' in message;
}
