import fc from 'fast-check';
import { TriggerIndex } from '../../src/plugins/notifications/trigger-index.js';
import { Triggers } from '../../src/plugins/notifications/triggers.js';

const ids = fc.constantFrom('a', 'b', 'ab');
const idOrAny = fc.oneof(ids, fc.constant('*'));

/** URIs and patterns of all shapes that there are, few enough to meet each other. */
function uriOf(id: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    id.map((b) => `/buckets/${b}`),
    fc.tuple(id, fc.constantFrom('groups', 'collections'), id).map(([b, plural, o]) => `/buckets/${b}/${plural}/${o}`),
    fc.tuple(id, id, id).map(([b, c, r]) => `/buckets/${b}/collections/${c}/records/${r}`),
  );
}

const patterns = fc
  .tuple(uriOf(idOrAny), fc.boolean(), fc.boolean())
  .map(([uri, isList, isDeep]) => (isList ? uri.slice(0, uri.lastIndexOf('/')) : uri) + (isDeep ? '/**' : ''));

const wishes = fc.dictionary(patterns, fc.constantFrom<string[]>(['write'], ['read'], ['create', 'read']), {
  minKeys: 1,
  maxKeys: 3,
});

describe('The index of triggers', () => {
  it('finds everybody whose triggers name the object, also when some are gone or want something else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(ids, wishes), { maxLength: 12 }),
        fc.array(ids),
        uriOf(ids),
        (writes, gone, uri) => {
          const index = new TriggerIndex();
          const known = new Map<string, Triggers>();
          for (const [key, wish] of writes) {
            const triggers = new Triggers(wish, undefined);
            known.set(key, triggers);
            index.set(key, triggers);
          }
          for (const key of gone) {
            known.delete(key);
            index.delete(key);
          }
          const found = index.candidates(uri);
          for (const key of found) expect(known.has(key)).toBe(true);
          for (const [key, triggers] of known) {
            if (triggers.wants(uri, 'create') || triggers.wantsRead(uri)) expect(found).toContain(key);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('asks nobody who has named another place', () => {
    const index = new TriggerIndex();
    const places = ['/buckets/b', '/buckets/a/collections', '/buckets/a/collections/c/records', '/buckets/ab/**'];
    places.forEach((place, key) => index.set(String(key), new Triggers({ [place]: ['write'] }, undefined)));
    expect([...index.candidates('/buckets/a/collections/d/records/r')]).toEqual([]);
    expect([...index.candidates('/buckets/a/collections/c/records/r')]).toEqual(['2']);
    expect([...index.candidates('/buckets/ab/groups/g')]).toEqual(['3']);
  });

  it('knows the default bucket by its name', () => {
    const index = new TriggerIndex();
    index.set('mine', new Triggers({ '/buckets/default/collections': ['read'] }, 'own'));
    expect([...index.candidates('/buckets/own/collections/c')]).toEqual(['mine']);
  });
});
