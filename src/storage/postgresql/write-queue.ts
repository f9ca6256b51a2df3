import type { ConnectionPool } from './connection-pool.js';
import { GroupRun, nameOf, type WaitingUnit } from './group-run.js';

/** How many transactions for units of several lists run at once: while one is synced, the next one gathers and runs. */
const MAX_SHARED = 2;

/** The most turns of the event loop that a group is waited for, however many units still arrive. */
const MAX_GATHERING_TURNS = 4;

/** For how long, in ms, a resource keeps to transactions of one list after it turned out to need them. */
const APART_FOR = 60_000;

/** What units of unknown lists are taken to write to: they come one after another. */
const UNKNOWN = '';

/** Units that are about to run in one transaction. */
interface Group {
  readonly units: WaitingUnit[];
  readonly isShared: boolean;
}

/**
 * Units of work on their way to the database. All that wait, of whatever lists, share a transaction, and so its journeys
 * to the server and one sync of the disk; but two transactions of this process never write to the same list at once, so
 * that none waits inside the database for another. Within a list, units run in the order in which they came.
 *
 * Who needs more than its own list's rows, which shows only when it runs, keeps to transactions of one list from then
 * on; so does who has much to write: others would wait for it. What another process holds is waited for in transactions of
 * one list, too.
 *
 * What another process, or a unit whose lists were not known, has done meanwhile shows in the unit's own statements; the
 * unit is then undone and run again.
 */
export class WriteQueue {
  private waiting: WaitingUnit[] = [];
  /** The lists of the transactions that run. */
  private readonly busy = new Set<string>();
  private readonly running = new Set<Promise<void>>();
  private readonly apartUntil = new Map<string, number>();
  private readonly listeners: ((isOwn: boolean) => void)[] = [];
  private readonly groups: GroupRun;
  private shared = 0;
  private isGathering = false;

  /** @param maxUnits the most units that one transaction holds */
  constructor(
    pool: ConnectionPool,
    private readonly maxUnits: number,
  ) {
    this.groups = new GroupRun(pool, {
      committed: () => this.tellListeners(),
      needsOwnTransaction: (unit) => this.keepApart(unit),
    });
  }

  add(unit: WaitingUnit): void {
    this.waiting.push(unit);
    if (!this.isGathering) void this.gather();
  }

  /** @param listener is told whether it was this process that committed */
  onCommit(listener: (isOwn: boolean) => void): void {
    this.listeners.push(listener);
  }

  /** Resolves when nothing waits and nothing runs. */
  async settle(): Promise<void> {
    while (this.isGathering || this.running.size > 0) {
      await Promise.all(this.running);
      await nextTurn();
    }
  }

  /** The group is durable and its callers have their answers: a listener's mistake must not become theirs. */
  tellListeners(isOwn = true): void {
    for (const listener of this.listeners) {
      try {
        listener(isOwn);
      } catch (error) {
        const story = error instanceof Error ? error.stack : undefined;
        process.emitWarning(`A listener for commits threw: ${story ?? String(error)}`);
      }
    }
  }

  /** Every request that has arrived by now joins the same group; as long as each turn brings more, they are waited for. */
  private async gather(): Promise<void> {
    this.isGathering = true;
    for (let turn = 0; turn < MAX_GATHERING_TURNS; turn++) {
      const before = this.waiting.length;
      await nextTurn();
      if (this.waiting.length === before || this.waiting.length >= this.maxUnits) break;
    }
    this.isGathering = false;
    for (const group of this.takeGroups()) this.start(group);
  }

  private start({ units, isShared }: Group): void {
    for (const list of units.flatMap(listsOf)) this.busy.add(list);
    if (isShared) this.shared += 1;
    const run: Promise<void> = this.groups.run(units).then((left) => {
      this.running.delete(run);
      for (const list of units.flatMap(listsOf)) this.busy.delete(list);
      if (isShared) this.shared -= 1;
      for (const ofOneList of byList(left)) this.start({ units: ofOneList, isShared: false });
      if (this.waiting.length > 0 && !this.isGathering) void this.gather();
    });
    this.running.add(run);
  }

  /** What can run now, in the order in which it came; nobody overtakes a unit of the same list. */
  private takeGroups(): Group[] {
    const groups: Group[] = [];
    const owners = new Map<string, Group>();
    const blocked = new Set(this.busy);
    const common: Group | undefined = this.shared < MAX_SHARED ? { units: [], isShared: true } : undefined;
    const left: WaitingUnit[] = [];
    for (const unit of this.waiting) {
      const lists = listsOf(unit);
      const isCommon = this.mayShare(unit);
      const group = isCommon ? common : (this.ownGroupFor(unit, owners) ?? { units: [], isShared: false });
      const isFree = (list: string) => !blocked.has(list) && (owners.get(list) ?? group) === group;
      if (group === undefined || group.units.length >= this.maxUnits || !lists.every(isFree)) {
        for (const list of lists) blocked.add(list);
        left.push(unit);
        continue;
      }
      if (group.units.length === 0) groups.push(group);
      group.units.push(unit);
      for (const list of lists) owners.set(list, group);
    }
    this.waiting = left;
    return groups;
  }

  /** Units that are not to share may still share with those of exactly their list. */
  private ownGroupFor({ lists }: WaitingUnit, owners: ReadonlyMap<string, Group>): Group | undefined {
    const group = lists.length === 1 ? owners.get(nameOf(lists[0]!)) : undefined;
    return group?.isShared === false && group.units[0]?.lists.length === 1 ? group : undefined;
  }

  private mayShare({ lists: [list], isSmall }: WaitingUnit): boolean {
    if (list === undefined || !isSmall) return false;
    return (this.apartUntil.get(list.resourceName) ?? 0) <= performance.now();
  }

  private keepApart({ lists }: WaitingUnit): void {
    for (const { resourceName } of lists) this.apartUntil.set(resourceName, performance.now() + APART_FOR);
  }
}

/** In the order in which they came. */
function byList(units: readonly WaitingUnit[]): WaitingUnit[][] {
  const groups = new Map<string, WaitingUnit[]>();
  for (const unit of units) {
    const key = listsOf(unit).join();
    groups.set(key, [...(groups.get(key) ?? []), unit]);
  }
  return [...groups.values()];
}

function listsOf({ lists }: WaitingUnit): string[] {
  return lists.length === 0 ? [UNKNOWN] : lists.map(nameOf);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
