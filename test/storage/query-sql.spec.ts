import { countSql, listSql } from '../../src/storage/query-sql.js';
import type { JsonValue } from '../../src/wire/json.js';
import { type ListQuery, readListQuery } from '../../src/wire/query/list-query.js';
import { LIST, ObjectsTable } from './query-objects-table.js';
import type { Row } from './query-oracle.js';

const NOW = 1_800_000_000_000;

function parse(querystring: string): ListQuery {
  return readListQuery([...new URLSearchParams(querystring)], { maxFetchSize: 100, nowMs: NOW }).getQuery();
}

function row(id: string, lastModified: number, v?: JsonValue): Row {
  return { id, lastModified, data: v === undefined ? { z: 1 } : { v }, deleted: false };
}

const ROWS: Row[] = [
  row('n1', 1, 1),
  row('n1f', 2, 1.5),
  row('s1', 3, '1'),
  row('t', 4, true),
  row('f', 5, false),
  row('nul', 6, null),
  row('ea', 7, []),
  row('a1', 8, [1]),
  row('a12', 9, [1, 2]),
  row('o', 10, { k: 1 }),
  row('oo', 11, {}),
  row('sA', 12, 'Abc'),
  row('n0', 13, 0),
  row('ao', 14, [{ k: 1, z: 2 }]),
  row('miss', 15),
  { id: 'gone', lastModified: 16, data: { deleted: true }, deleted: true },
];

describe('the SQL of a list', () => {
  const table = new ObjectsTable();
  beforeAll(() => {
    table.fill(ROWS);
    table.fill([row('other', 1, 1)], { parentId: '/buckets/b/collections/other', resourceName: 'record' });
  });
  afterAll(() => table.close());

  const ids = (querystring: string, options?: Parameters<typeof listSql>[2]) =>
    table.list(parse(querystring), options).map(({ id }) => id);

  it('gives each row its id, timestamp, content and whether it is a tombstone', () => {
    expect(table.list(parse('_since=14'))).toEqual([ROWS[15], ROWS[14]]);
  });

  it.each([
    ['v=1', 'n1'],
    ['v=1.0', 'n1'],
    ['v="1"', 's1'],
    ['v=true', 't'],
    ['v=null', 'nul'],
    ['v=[]', 'ea'],
    ['v=[1]', 'a1'],
    ['v={}', 'oo'],
    ['v={"k":1}', 'o'],
    ['v.k=1', 'o'],
    ['v=abc', ''],
    ['v=1&v=1', ''],
    ['not_v=1&has_v=false', 'miss'],
    ['gt_v=[1]', 'miss ao oo o a12'],
    ['lt_v=null', 'ea'],
    ['max_v=null', 'ea nul'],
    ['min_v={}', 'miss oo o'],
    ['gt_v=true&lt_v={}', 'ao a12 a1'],
    ['in_v=1,true', 't n1'],
    ['in_v=', ''],
    ['exclude_v=&has_v=0', 'miss'],
    ['like_v=b', 'sA'],
    ['like_v=A*C', 'sA'],
    ['like_v=b*', ''],
    ['like_v=_', ''],
    ['like_v=A*Abc', ''],
    ['like_v=*b*b*', ''],
    ['like_v=*b*bc', ''],
    ['like_v=*a**c*', 'sA'],
    ['like_v="1"', 'ao o a12 a1 s1 n1f n1'],
    ['like_id=n1', 'n1f n1'],
    ['has_v=null', 'miss'],
    ['contains_v=1', 'a12 a1'],
    ['contains_v=[]', 'ao a12 a1 ea'],
    ['contains_v=[2,1]', 'a12'],
    ['contains_v={"k":1}', 'ao'],
    ['contains_any_v=[2,3]', 'a12'],
    ['contains_any_v={"k":1}', ''],
    ['contains_any_v=[]', ''],
    ['deleted=true', ''],
    ['deleted=true&_since=1', 'gone'],
    ['_before=3', 'n1f n1'],
    ['in_id=n1,sA,other', 'sA n1'],
    ['_sort=v&_limit=9', 'ea nul s1 sA n0 n1 n1f f t'],
    ['_sort=-v&_limit=5', 'miss o oo a12 ao'],
    ['_sort=id&_limit=3', 'a1 a12 ao'],
    ['_sort=last_modified&_limit=2', 'n1 n1f'],
  ])('answers ?%s as Kinto on PostgreSQL does', (querystring, expected) => {
    expect(ids(querystring).join(' ')).toBe(expected);
  });

  it('compares numbers as doubles, so that a large integer finds itself', () => {
    const stored = '{"v": 9007199254740993}';
    table.database.prepare(`UPDATE objects SET data = ? WHERE id = 'n1'`).run(stored);
    expect(ids('v=9007199254740993')).toEqual(['n1']);
    expect(ids('in_v=9007199254740993')).toEqual(['n1']);
    expect(ids('min_v=9007199254740993&lt_v=false')).toEqual(['n1']);
    table.fill(ROWS);
  });

  it('ignores case as Unicode has it, which LIKE in SQLite would not', () => {
    table.fill([row('a', 1, 'CAFÉ ΣΑΣΤΡΟ'), row('b', 2, 'straße')]);
    expect(ids('like_v=café')).toEqual(['a']);
    expect(ids('like_v=*σασ*ρο')).toEqual(['a']);
    expect(ids('like_v=STRASSE')).toEqual(['b']);
    table.fill(ROWS);
  });

  it('decides a pattern of many stars at once', () => {
    table.fill([row('a', 1, 'a'.repeat(20_000))]);
    expect(ids(`like_v=${'*a'.repeat(500)}*b`)).toEqual([]);
    table.fill(ROWS);
  });

  it('shows only the ids it is limited to, and none for none', () => {
    expect(ids('', { onlyIds: ['t', 'nobody', `x' OR 1=1`] })).toEqual(['t']);
    expect(ids('_since=1', { onlyIds: [] })).toEqual([]);
    expect(table.count(parse(''), { onlyIds: ['t', 'f'] })).toBe(2);
  });

  it('leaves tombstones out for a deletion, and of every count', () => {
    expect(ids('_since=14', { liveOnly: true })).toEqual(['miss']);
    expect(table.count(parse('_since=14'))).toBe(1);
    expect(table.count(parse('_limit=1'))).toBe(15);
  });

  it('takes as many filters and sort fields as parsing lets through', () => {
    const filters = Array.from({ length: 60 }, (_, i) => `not_f${i}=1`).join('&');
    const fields = Array.from({ length: 39 }, (_, i) => `g${i}`).join(',');
    const query = parse(`${filters}&_sort=${fields}`);
    const token = { lastObject: { last_modified: 15 }, offset: 0, nonce: '' };
    expect(table.list({ ...query, token })).toHaveLength(14);
  });
});

describe('what a caller writes', () => {
  const table = new ObjectsTable();
  afterAll(() => table.close());

  const NAMES = [
    `v') OR 1=1 --`,
    `v"`,
    `v"."k`,
    `v\\`,
    `v\\"`,
    `v' OR '1'='1`,
    `$`,
    `$.v`,
    `v]`,
    `v[0]`,
    `#-1`,
    `*`,
    `;DROP TABLE objects`,
    `__proto__`,
    `é`,
    ` `,
    `a\nb`,
  ];

  it.each(NAMES)('reaches the field %j and nothing else', (name) => {
    const own = JSON.parse(`{${JSON.stringify(name)}: 1, "v": 2}`) as Row['data'];
    table.fill([
      { id: 'own', lastModified: 1, data: own, deleted: false },
      { id: 'bystander', lastModified: 2, data: { v: [1, { k: 1 }], k: 1 }, deleted: false },
    ]);
    const filter = { path: [name], parameter: name, operator: 'eq', value: 1 } as const;
    const query = { ...parse(''), filters: [filter] };
    expect(table.list(query).map(({ id }) => id)).toEqual(['own']);
    expect(listSql(LIST, query).text).toBe(listSql(LIST, parse('x=1')).text);
  });

  it('never becomes part of the statement', () => {
    const evil = `x' OR 1=1; --`;
    const text = encodeURIComponent(evil);
    const query = parse(`${text}=${text}&in_v=${text}&like_v=${text}&contains_v=${text}&gt_v=${text}&id=${text}`);
    expect(listSql(LIST, query).text).not.toContain('1=1');
    expect(countSql(LIST, query).text).not.toContain('1=1');
    expect(table.list(query)).toEqual([]);
  });
});

describe('the cost of a list', () => {
  const table = new ObjectsTable();
  beforeAll(() => {
    table.fill(Array.from({ length: 500 }, (_, i) => row(`r${i}`, i, i % 7)));
    table.database.exec('ANALYZE');
  });
  afterAll(() => table.close());

  const plan = (querystring: string, token?: ListQuery['token']) =>
    table.plan(listSql(LIST, { ...parse(querystring), ...(token === undefined ? {} : { token }) }));
  const token = { lastObject: { id: 'r9', last_modified: 9 }, offset: 0, nonce: '' };

  it('follows the timestamps of the list, without sorting', () => {
    const steps = 'SEARCH objects USING INDEX objects_timestamps (parent_id=? AND resource_name=?';
    expect(plan('')).toBe(`${steps})`);
    expect(plan('_sort=last_modified')).toBe(`${steps})`);
    expect(plan('v=1')).toBe(`${steps})`);
    expect(plan('', token)).toBe(`${steps} AND last_modified<?)`);
    expect(plan('_since=1')).toBe(`${steps} AND last_modified>?)`);
    expect(plan('_since=1&_before=9', token)).toContain('AND last_modified>? AND last_modified<?)');
  });

  it('follows the ids where it is sorted by them or asked for one', () => {
    const steps = 'SEARCH objects USING INDEX sqlite_autoindex_objects_1 (parent_id=? AND resource_name=? AND id';
    expect(plan('_sort=id', token)).toBe(`${steps}>?)`);
    expect(plan('id="r1"')).toBe(`${steps}=?)`);
  });

  it('is one constant statement for each shape of query', () => {
    const text = (querystring: string) => listSql(LIST, parse(querystring)).text;
    expect(text('')).toBe(
      'SELECT id, last_modified, data, deleted FROM objects' +
        ' WHERE parent_id = ? AND resource_name = ? AND deleted = FALSE ORDER BY last_modified DESC LIMIT ?',
    );
    expect(text('_limit=5')).toBe(text(''));
    expect(text('in_v=1')).toBe(text('in_w.x=4,5,6,7'));
    expect(text('_sort=v&gt_v=1')).toBe(text('_sort=w&gt_w=abc'));
    expect(text('_sort=id')).toBe(text('_sort=id,v,w'));
  });
});
