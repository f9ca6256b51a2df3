import fc from 'fast-check';

const ids = fc.constantFrom('r1', 'r2', 'r3');

const HOUR = 3_600_000;

/** What may happen while lists are followed. */
export const transportCommand = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), id: ids, isOpen: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), id: ids }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('share' as const), id: ids, isShared: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('batch' as const), id: ids }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drop' as const), who: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('filter' as const), isOpen: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('access' as const), isGranted: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('member' as const), isMember: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('recreate' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), by: fc.constantFrom(-HOUR, -1, 1000, HOUR) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('trim' as const), alsoTombstones: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('away' as const), who: fc.nat({ max: 3 }), id: ids }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
);

export type TransportCommand = typeof transportCommand extends fc.Arbitrary<infer Value> ? Value : never;
