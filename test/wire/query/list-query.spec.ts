import type { JsonObject } from '../../../src/wire/json.js';
import { type ListQueryOptions, MAX_CONDITIONS } from '../../../src/wire/query/list-query.js';
import { details, only, parse, refusal } from './parse-querystring.js';

describe('the parameters of a list', () => {
  it('means everything, newest first, when there are none', () => {
    expect(parse('')).toEqual({
      filters: [],
      sort: [{ field: 'last_modified', path: ['last_modified'], direction: 'descending' }],
      limit: 10_000,
      includeDeleted: false,
      usesDeprecatedTo: false,
    });
  });

  it('trims names, and takes no unknown name with an underscore for a filter', () => {
    expect(only(' v =1')).toEqual(['v', 'eq', 1]);
    expect(parse('_foo=1&__v=2&_SINCE=3').filters).toEqual([]);
  });

  it.each([
    ['lt_v=1', 'lt'],
    ['min_v=1', 'min'],
    ['max_v=1', 'max'],
    ['not_v=1', 'not'],
    ['eq_v=1', 'eq'],
    ['gt_v=1', 'gt'],
    ['v=1', 'eq'],
  ])('reads the operator of %s', (querystring, operator) => {
    expect(only(querystring)).toEqual(['v', operator, 1]);
  });

  it('takes a prefix for an operator only in front of word characters and dots', () => {
    expect(only('gt_a-b=1')).toEqual(['gt_a-b', 'eq', 1]);
    expect(only('gt_=1')).toEqual(['gt_', 'eq', 1]);
    expect(only('gt_été=1')).toEqual(['été', 'gt', 1]);
    expect(only('gt__v=1')).toEqual(['_v', 'gt', 1]);
    expect(only('eq_in_stock=true')).toEqual(['in_stock', 'eq', true]);
    expect(only('contains_any_v=1')).toEqual(['v', 'contains_any', [1]]);
    expect(only('contains_any=1')).toEqual(['any', 'contains', [1]]);
  });

  it('splits a field at every dot', () => {
    expect(only('min_address.street.number=3')).toEqual(['address/street/number', 'min', 3]);
    expect(only('a..b=1')).toEqual(['a//b', 'eq', 1]);
  });

  it.each([
    ['1', 1],
    ['1.0', 1],
    ['1e0', 1],
    ['true', true],
    ['null', null],
    ['"x"', 'x'],
    ['[1,"a"]', [1, 'a']],
    ['{"k":1}', { k: 1 }],
    ['True', 'True'],
    ['None', 'None'],
    ['01', '01'],
    ['abc', 'abc'],
    ['[1', '[1'],
    ['', ''],
    ['NaN', 'NaN'],
    ['9'.repeat(400), '9'.repeat(400)],
    ['1e400', '1e400'],
    ['[1e400]', '[1e400]'],
  ])('reads the value %s as JSON where it is JSON', (text, value) => {
    expect(only(`v=${text}`)).toEqual(['v', 'eq', value]);
  });

  it('splits lists of alternatives at commas, whatever is around them', () => {
    expect(only('in_v=1,a,"b",true')).toEqual(['v', 'in', [1, 'a', 'b', true]]);
    expect(only('in_v=[1,2]')).toEqual(['v', 'in', ['[1', '2]']]);
    expect(only('exclude_v=')).toEqual(['v', 'exclude', []]);
    expect(only('in_v=,a,,""')).toEqual(['v', 'in', ['a', '']]);
    expect(only('in_v=a&in_v=')).toEqual(['v', 'in', ['a']]);
    // Repeated, each text is one value, as in Kinto.
    expect(only('in_v=1&in_v=2,3')).toEqual(['v', 'in', [1, '2,3']]);
  });

  it('makes a list of what an array has to contain', () => {
    expect(only('contains_v=1')).toEqual(['v', 'contains', [1]]);
    expect(only('contains_v=[1,2]')).toEqual(['v', 'contains', [1, 2]]);
    expect(only('contains_any_v=a,b')).toEqual(['v', 'contains_any', ['a,b']]);
  });

  it('takes a repeated parameter for the list of its texts', () => {
    expect(only('v=1&v=2')).toEqual(['v', 'eq', ['1', '2']]);
  });

  it.each(['false', '0', '0.0', '', 'null', '""', '[]', '{}'])('asks for absence with has_v=%s', (text) => {
    expect(only(`has_v=${text}`)).toEqual(['v', 'has', false]);
  });

  it.each(['true', '1', 'abc', '"x"', '[0]', 'no'])('asks for presence with has_v=%s', (text) => {
    expect(only(`has_v=${text}`)).toEqual(['v', 'has', true]);
  });

  it('wants text for a pattern', () => {
    expect(only('like_v="1"')).toEqual(['v', 'like', '1']);
    expect(only('like_v=')).toEqual(['v', 'like', '']);
    for (const value of ['1', 'true', 'null', '[1]']) {
      expect(details(`like_v=${value}`)).toEqual([
        { location: 'querystring', name: 'like_v', description: 'Invalid value for like_v' },
      ]);
    }
  });

  it('counts filters and sort fields, and refuses more than the most', () => {
    const many = Array.from({ length: MAX_CONDITIONS }, (_, i) => `f${i}=1`).join('&');
    expect(refusal(many).message).toBe('querystring: Too many filters and sort fields (101, at most 100)');
    expect(parse(many, { maxConditions: 101 }).filters).toHaveLength(100);
  });

  it('refuses a value nested beyond all sense instead of exhausting the stack', () => {
    expect(refusal(`v=${'['.repeat(5000)}${']'.repeat(5000)}`).message).toBe('Invalid value for v');
  });
});

describe('the order of a list', () => {
  const order = (querystring: string, options?: Partial<ListQueryOptions>) =>
    parse(querystring, options)
      .sort.map(({ field, direction }) => (direction === 'descending' ? '-' : '') + field)
      .join(' ');

  it.each([
    ['_sort=a,-b,%2Bc', 'a -b c -last_modified'],
    ['_sort=+a, -b', 'a -b -last_modified'],
    ['_sort=a-b,--c,,"d",[1]', '-last_modified'],
    ['_sort=', '-last_modified'],
    ['_sort=last_modified', 'last_modified'],
    ['_sort=-last_modified,a', '-last_modified a'],
    ['_sort=a,-a,b', 'a b -last_modified'],
    ['_sort=a&_sort=b', 'a b -last_modified'],
    ['_sort=n.k', 'n.k -last_modified'],
  ])('reads ?%s', (querystring, expected) => {
    expect(order(querystring)).toBe(expected);
  });
});

describe('the size of a page', () => {
  it.each([
    ['', undefined, 10_000],
    ['', 20, 20],
    ['_limit=5', 20, 5],
    ['_limit=50', 20, 20],
    ['_limit=50', undefined, 50],
    ['_limit=99999', undefined, 10_000],
    ['_limit=9223372036854775808', undefined, 10_000],
    ['_limit=0', 20, 20],
    ['_limit=', undefined, 10_000],
    ['_limit=null', undefined, 10_000],
    ['_limit=1.5', undefined, 1],
    ['_limit="2"', undefined, 2],
  ])('is for ?%s with paginate_by %s the smallest of the three: %s', (querystring, paginateBy, limit) => {
    expect(parse(querystring, paginateBy === undefined ? {} : { paginateBy }).limit).toBe(limit);
  });

  it('remembers what was asked for', () => {
    expect(parse('_limit=50', { paginateBy: 20 }).limitGiven).toBe(50);
    expect(parse('_limit=0')).not.toHaveProperty('limitGiven');
  });

  it.each([
    ['abc', '"abc" is not a number'],
    ['true', '"true" is not a number'],
    ['-1', '-1 is less than minimum value 0'],
    ['9223372036854775809', '9223372036854775809 is greater than maximum value 9223372036854775808'],
  ])('cannot be %s', (text, description) => {
    expect(details(`_limit=${text}`)).toEqual([{ location: 'querystring', name: '_limit', description }]);
  });
});

describe('a resource that knows its fields', () => {
  const history = { strictFields: ['date', 'target', 'user_id'] };

  it('accepts them, what lies below them, and the fields of every resource', () => {
    const query = parse(
      'date=1&gt_target.data.id=1&deleted=true&id=a&_since=1&_sort=target.x,id&_fields=date.x,id',
      history,
    );
    expect(query.filters).toHaveLength(5);
    expect(query.fields).toEqual(['date.x', 'id']);
  });

  it('refuses to filter by another, naming the parameter as it was written', () => {
    expect(refusal('gt_foo=1', history)).toEqual({
      code: 400,
      errno: 107,
      error: 'Invalid parameters',
      message: "Unknown filter field 'gt_foo'",
      details: [{ location: 'querystring', name: 'gt_foo', description: "Unknown filter field 'gt_foo'" }],
    });
    expect(refusal('gt_date-x=1', history).message).toBe("Unknown filter field 'gt_date-x'");
  });

  it('refuses to sort by another', () => {
    expect(refusal('_sort=-foo.bar', history)).toMatchObject({
      message: "querystring: Unknown sort field 'foo.bar'",
      details: [{ location: 'querystring', name: null, description: "Unknown sort field 'foo.bar'" }],
    });
  });

  it('refuses to show another', () => {
    expect(refusal('_fields=foo,date,bar.x', history)).toMatchObject({
      message: 'Invalid _fields parameter in body: Fields bar,foo do not exist',
      details: [{ location: 'body', name: 'Invalid _fields parameter', description: 'Fields bar,foo do not exist' }],
    });
  });
});

describe('a list whose objects have no timestamp', () => {
  const untimed: Partial<ListQueryOptions> = { uniqueText: 'uri' };

  it('is sorted by what is unique in it', () => {
    const fields = (query: string) => parse(query, untimed).sort.map(({ field, direction }) => [field, direction]);
    expect(fields('')).toEqual([['uri', 'descending']]);
    expect(fields('_sort=last_modified,v')).toEqual([
      ['v', 'ascending'],
      ['uri', 'descending'],
    ]);
    expect(fields('_sort=uri,-v')).toEqual([
      ['uri', 'ascending'],
      ['v', 'descending'],
    ]);
  });

  it('leaves out filters on the time, which must be right all the same', () => {
    const query = parse('_since=5&v=1&gt_last_modified=3&_to=4', untimed);
    expect(query.filters.map(({ parameter }) => parameter)).toEqual(['v']);
    expect(query).toMatchObject({ includeDeleted: false, usesDeprecatedTo: true });
    expect(refusal('_since=abc', untimed).message).toBe('_since in querystring: "abc" is not a number');
  });
});

describe('several violations', () => {
  const namesFor = (querystring: string) => (refusal(querystring).details as JsonObject[]).map(({ name }) => name);

  it('of parameters with a type are told together, sorted by name, the first in the message', () => {
    expect(refusal('id=1&_since=x&_limit=abc').message).toBe('_limit in querystring: "abc" is not a number');
    expect(namesFor('id=1&_since=x&_limit=abc&_token=1')).toEqual(['_limit', '_since', '_token', 'id']);
  });

  it('of others are told one at a time, in the order of the querystring, and after those', () => {
    expect(namesFor('like_v=1&_since=&contains_id=a')).toEqual(['like_v']);
    expect(namesFor('_since=&like_v=1')).toEqual(['_since']);
    expect(namesFor('like_v=1&_limit=abc')).toEqual(['_limit']);
  });
});
