import fc from 'fast-check';
import { matcherOf } from '../../src/storage/object-match.js';
import { filter, newestFirst, rows } from './query-arbitraries.js';
import { ObjectsTable } from './query-objects-table.js';

describe('The filters of a list, without a database', () => {
  const table = new ObjectsTable();
  afterAll(() => table.close());

  it('select what they select with one', () => {
    fc.assert(
      fc.property(rows, fc.array(filter, { minLength: 1, maxLength: 6 }), (drawn, filters) => {
        table.fill(drawn);
        for (const used of [...filters.map((one) => [one]), filters.slice(0, 2)]) {
          const query = { filters: used, sort: [newestFirst], includeDeleted: true, limit: 1000 };
          const found = table.list(query).map(({ id }) => id);
          const matches = matcherOf(used);
          const matched = drawn
            .filter(({ id, lastModified, data }) => matches({ ...data, id, last_modified: lastModified }))
            .map(({ id }) => id);
          expect(matched.sort()).toEqual(found.sort());
        }
      }),
      { numRuns: 300 },
    );
  });
});
