import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '@nestjs/common';
import { SupervisedMetrics } from './supervised-metrics.js';
import { isOrder, type WorkerOrder } from './worker-messages.js';

/** How long after the end of one worker another takes its place, in ms: one that cannot live is not to keep us busy. */
const REPLACE_AFTER = 1000;

/** As shells report a process that a signal ended, when it is not known which. */
const SIGNALLED = 128;

/** Whether this process is one of several, which somebody else supervises. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/** Calls back for each order of the supervisor. */
export function onOrder(carryOut: (order: WorkerOrder) => void): void {
  if (!isWorker()) return;
  process.on('message', (message: unknown) => {
    if (isOrder(message)) carryOut(message);
  });
}

/** What is said between the two would keep a worker alive that has nothing left to do. */
export function leaveSupervisor(): void {
  cluster.worker?.disconnect();
}

/**
 * Runs the same command several times on one port, and again whenever one ends by itself. The first starts alone: what
 * is wrong with the settings or the database is said once, and ends everything with its exit code. Resolves never; the
 * process ends when it is told to and the last worker has ended.
 */
export async function superviseWorkers(count: number, log: Logger): Promise<never> {
  let isStopping = false;
  let exitCode = 0;
  new SupervisedMetrics(count);
  const tell = (order: WorkerOrder) => {
    for (const worker of workers()) if (worker.isConnected()) worker.send(order);
  };
  const stop = () => {
    isStopping = true;
    tell('stop');
    if (workers().length === 0) process.exit(exitCode);
  };
  cluster.on('exit', (worker: Worker, code: number | null, signal: string | null) => {
    if (isStopping) {
      exitCode ||= code ?? SIGNALLED;
      if (workers().length === 0) process.exit(exitCode);
      return;
    }
    log.error(`Worker ${worker.process.pid} ended (${signal ?? `code ${code}`}); another takes its place`);
    setTimeout(() => {
      if (!isStopping) cluster.fork();
    }, REPLACE_AFTER);
  });
  // Signals that come before the first listens are heeded by it.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  process.on('SIGHUP', () => tell('reload'));
  await firstListening((code) => {
    isStopping = true;
    exitCode = code;
  });
  for (let others = 1; others < count; others++) if (!isStopping) cluster.fork();
  return new Promise<never>(() => undefined);
}

/** @param failed called, before anybody else hears of it, when it ended without ever listening */
function firstListening(failed: (code: number) => void): Promise<void> {
  return new Promise((resolve) => {
    const first = cluster.fork();
    const end = (code: number | null) => failed(code ?? SIGNALLED);
    first.prependOnceListener('exit', end);
    first.once('listening', () => {
      first.off('exit', end);
      resolve();
    });
  });
}

/** Those that live: one that has ended may stay in Node's list a little longer. */
function workers(): Worker[] {
  return Object.values(cluster.workers ?? {})
    .filter((worker) => worker !== undefined)
    .filter((worker) => !worker.isDead());
}
