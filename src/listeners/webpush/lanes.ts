export interface LaneRules<T> {
  /** Items of one lane group share its lanes. */
  readonly groupOf: (item: T) => string;
  readonly perGroup: number;
  /** Over all groups together. */
  readonly total: number;
}

/**
 * Does the work for each item, several at once, but only so many of one group: a group that is slow delays the others
 * only once it and its like take all of `total`. Rejects with the first failure; what is under way goes on.
 */
export async function inLanes<T>(
  items: readonly T[],
  { groupOf, perGroup, total }: LaneRules<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(groupOf(item));
    if (group === undefined) groups.set(groupOf(item), [item]);
    else group.push(item);
  }
  // The lanes of a group take from one iterator. First lanes come first, so that every group gets one early.
  const queues = [...groups.values()].map((group) => ({ length: group.length, left: group.values() }));
  const lanes: Iterable<T>[] = [];
  for (let lane = 0; lane < perGroup; lane++) {
    lanes.push(...queues.filter(({ length }) => length > lane).map(({ left }) => left));
  }
  const walk = async (): Promise<void> => {
    for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) {
      for (const item of lane) await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(total, lanes.length) }, walk));
}
