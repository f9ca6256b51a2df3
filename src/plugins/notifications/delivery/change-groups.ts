import type { LoggedChange } from '../../../storage/journal.js';
import type { ReadNote } from '../reads/read-note.js';
import type { KindName } from '../subscription-kinds.js';

/** Changes of one list that make one message. */
export interface ChangeGroup {
  readonly changes: readonly LoggedChange[];
  /** Up to where the log has been told once this message has arrived. */
  readonly place: number;
}

/** Where the changes come from, and how much goes into one message. */
export interface Cut {
  readonly begin: number;
  readonly end: number;
  /** Of a message that was tried before: the place of its last change. It stays the same message. */
  readonly tried: number | undefined;
  readonly maxBytes: number;
}

const MOST_IN_A_WEBHOOK = 100;

/**
 * A webhook tells what follows one another in the log; it may be told again from any message on. A push message is a
 * hint: there is one for each list, however its changes lie among others'.
 */
export function groupsOf(
  kind: KindName,
  changes: readonly LoggedChange[],
  { begin, end, tried, maxBytes }: Cut,
): ChangeGroup[] {
  if (kind === 'webhook') return runsOf(changes, tried, maxBytes);
  const byList = new Map<string, LoggedChange[]>();
  for (const change of changes) {
    const key = listKey(change);
    const known = byList.get(key);
    if (known === undefined) byList.set(key, [change]);
    else known.push(change);
  }
  const groups = [...byList.values()];
  // Until the last has arrived, all of them are told again.
  return groups.map((each, index) => ({ changes: each, place: index === groups.length - 1 ? end : begin }));
}

function runsOf(changes: readonly LoggedChange[], tried: number | undefined, maxBytes: number): ChangeGroup[] {
  const runs: LoggedChange[][] = [];
  let bytes = 0;
  for (const change of changes) {
    const run = runs.at(-1);
    const size = Buffer.byteLength(change.newText);
    const fits = run !== undefined && run.length < MOST_IN_A_WEBHOOK && bytes + size <= maxBytes;
    const wasWhole = run?.at(-1)?.id === tried;
    if (fits && !wasWhole && listKey(run[0]!) === listKey(change)) {
      run.push(change);
      bytes += size;
    } else {
      runs.push([change]);
      bytes = size;
    }
  }
  return runs.map((run) => ({ changes: run, place: run.at(-1)!.id }));
}

/**
 * The same of reads: each group is of one list.
 *
 * @param tried the URIs of a message that was tried before: it stays the same message
 */
export function readGroupsOf(kind: KindName, reads: readonly ReadNote[], tried: readonly string[]): ReadNote[][] {
  const most = kind === 'webhook' ? MOST_IN_A_WEBHOOK : Infinity;
  const isTried = ({ uri }: ReadNote) => tried.includes(uri);
  const groups = tried.length === 0 ? [] : [reads.filter(isTried)];
  const open = new Map<string, ReadNote[]>();
  for (const read of reads.filter((each) => !isTried(each))) {
    const listUri = read.uri.slice(0, read.uri.lastIndexOf('/'));
    const group = open.get(listUri);
    if (group !== undefined && group.length < most) group.push(read);
    else {
      const begun = [read];
      open.set(listUri, begun);
      groups.push(begun);
    }
  }
  return groups.filter(({ length }) => length > 0);
}

function listKey({ list }: LoggedChange): string {
  return `${list.resourceName} ${list.parentId}`;
}
