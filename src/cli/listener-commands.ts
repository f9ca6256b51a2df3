import { setTimeout } from 'node:timers/promises';
import { DurableDelivery } from '../changes/durable-delivery.js';
import { deadLetters } from '../storage/dead-letters.js';
import { journal } from '../storage/journal.js';
import { listenerOrders, type OrderVerb } from '../storage/listener-orders.js';
import type { Storage } from '../storage/storage.js';
import { trimming } from '../storage/trimming.js';
import { besideServer, ensureConfigured } from './beside-server.js';
import { CommandFailure } from './command-failure.js';
import { loadSettings } from './load-settings.js';
import type { SettingsOptions } from './settings-options.js';

/** How long a running server is waited for, in ms. */
const PATIENCE = 30_000;

/** The exit code of what may work later (sysexits: EX_TEMPFAIL). */
const LATER = 75;

/** How many dead letters are shown. */
const SHOWN = 100;

/** Has the server do it, and resolves with what came of it. @throws CommandFailure when none has taken the order */
export async function order(options: SettingsOptions, name: string, verb: OrderVerb): Promise<string> {
  const source = loadSettings(options);
  ensureConfigured(source, name);
  return besideServer(source, (storage) => give(storage, name, { verb, position: null }));
}

/** @param from a position, a time, or `beginning` */
export async function orderReplay(options: SettingsOptions, name: string, from: string): Promise<string> {
  const source = loadSettings(options);
  ensureConfigured(source, name);
  return besideServer(source, async (storage) => {
    const position = await positionOf(storage, from);
    const top = await storage.read(({ sql }) => journal.top(sql));
    if (position > top) throw new CommandFailure(`--from ${from}: the log has come to position ${top}`, 2);
    return give(storage, name, { verb: 'replay', position });
  });
}

/** The dead letters, a line each. */
export async function listDeadLetters(options: SettingsOptions, name: string): Promise<string> {
  const source = loadSettings(options);
  ensureConfigured(source, name);
  const consumer = DurableDelivery.consumerOf(name);
  const { letters, count } = await besideServer(source, (storage) =>
    storage.read(async ({ sql }) => ({
      letters: await deadLetters.list(sql, consumer, undefined, SHOWN),
      count: await deadLetters.count(sql, consumer),
    })),
  );
  if (count === 0) return `${name} has no dead letters.`;
  const lines = letters.map(({ deliveryId, storedAt, tries, error }) => {
    return `${new Date(storedAt).toISOString()}  ${deliveryId}  ${tries} tries  ${error}`;
  });
  return [...lines, ...(count > SHOWN ? [`and ${count - SHOWN} more`] : [])].join('\n');
}

async function give(
  storage: Storage,
  name: string,
  { verb, position }: { verb: OrderVerb; position: number | null },
): Promise<string> {
  const consumer = DurableDelivery.consumerOf(name);
  const id = await storage.write(({ sql }) => listenerOrders.give(sql, { consumer, verb, position }, Date.now()));
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    const result = await storage.read(({ sql }) => listenerOrders.resultOf(sql, id));
    if (result !== undefined) return result;
    await setTimeout(200);
  }
  throw new CommandFailure(
    `${name}: no server has done it within ${PATIENCE / 1000} s; the next one to start will`,
    LATER,
  );
}

/** A time becomes the last position that is known to be before it: rather too much is told again than too little. */
async function positionOf(storage: Storage, from: string): Promise<number> {
  if (from === 'beginning') return 0;
  if (/^\d{1,15}$/.test(from)) return Number(from);
  const time = Date.parse(from);
  if (Number.isNaN(time)) throw new CommandFailure(`--from ${from}: expected a position, a time or beginning`, 2);
  return storage.read(({ sql }) => trimming.newestBefore(sql, time));
}
