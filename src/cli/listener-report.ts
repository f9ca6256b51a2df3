import { DurableDelivery } from '../changes/durable-delivery.js';
import { deadLetters } from '../storage/dead-letters.js';
import { journal } from '../storage/journal.js';
import { listenerStates } from '../storage/listener-states.js';
import { besideServer, configuredListeners, type ConfiguredListener } from './beside-server.js';
import { loadSettings } from './load-settings.js';
import type { SettingsOptions } from './settings-options.js';

interface ListenerLine extends ConfiguredListener {
  /** The global position of the last change that is done with; `null`: it is live, or was never started. */
  readonly position: number | null;
  /** How many changes lie behind that, wanted or not. */
  readonly lag: number | null;
  readonly dead: number;
  /** How many changes the log forgot before it was told them. */
  readonly lost: number;
  /** ISO 8601, or `null`: it does not fail. */
  readonly failing_since: string | null;
  readonly last_error: string | null;
  readonly last_error_at: string | null;
}

/** A table for people, or JSON. */
export async function listListeners(options: SettingsOptions, asJson: boolean): Promise<string> {
  const source = loadSettings(options);
  const configured = configuredListeners(source);
  const lines = await besideServer(source, (storage) =>
    storage.read(async ({ sql }) => {
      const top = await journal.top(sql);
      const found: ListenerLine[] = [];
      for (const listener of configured) {
        const consumer = DurableDelivery.consumerOf(listener.name);
        const position = (await journal.findCursor(sql, consumer)) ?? null;
        const state = await listenerStates.find(sql, consumer);
        found.push({
          ...listener,
          position,
          lag: position === null ? null : Math.max(0, top - position),
          dead: await deadLetters.count(sql, consumer),
          lost: state?.lost ?? 0,
          failing_since: isoOf(state?.failingSince),
          last_error: state?.lastError ?? null,
          last_error_at: isoOf(state?.lastErrorAt),
        });
      }
      return found;
    }),
  );
  if (asJson) return JSON.stringify(lines, undefined, 2);
  if (lines.length === 0) return 'No listeners: event_listeners is empty.';
  return table([['NAME', 'KIND', 'POSITION', 'LAG', 'DEAD', 'STATE'], ...lines.map(cellsOf)]);
}

function cellsOf({ name, kind, position, lag, dead, ...state }: ListenerLine): string[] {
  return [name, kind, String(position ?? '-'), String(lag ?? '-'), String(dead), stateOf({ position, ...state })];
}

function stateOf(line: Omit<ListenerLine, 'name' | 'kind' | 'lag' | 'dead'>): string {
  const { position, lost, failing_since: since, last_error: error, last_error_at: at } = line;
  const lostText = lost === 0 ? '' : `lost ${lost} change(s); `;
  if (since !== null) return `${lostText}failing since ${since}: ${error ?? ''}`;
  if (error !== null) return `${lostText}ok, last error ${at ?? ''}: ${error}`;
  return position === null ? 'live, or not started yet' : `${lostText}ok`;
}

function isoOf(time: number | null | undefined): string | null {
  return typeof time === 'number' ? new Date(time).toISOString() : null;
}

/** Columns as wide as their widest cell; the last one as it comes. */
function table(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  '),
    )
    .join('\n');
}
