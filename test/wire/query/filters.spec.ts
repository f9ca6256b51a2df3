import { details, NOW, only, parse, refusal } from './parse-querystring.js';

const DAY = 86_400_000;

describe('the character NUL', () => {
  it.each([
    ['v=%00', 'v'],
    ['v="\\u0000"', 'v'],
    ['v=["a\\u0000"]', 'v'],
    ['v={"\\u0000":1}', 'v'],
    ['in_v=a%00,b', 'in_v'],
    ['like_id=%00', 'like_id'],
    ['eq_id=%00', 'eq_id'],
    ['v%00=1', 'v\0'],
  ])('is refused in ?%s', (querystring, name) => {
    expect(details(querystring)).toEqual([{ location: 'querystring', name, description: 'Invalid character 0x00' }]);
  });
});

describe('filters on the id', () => {
  it('want text, which a number is only in quotes', () => {
    expect(only('id="1"')).toEqual(['id', 'eq', '1']);
    expect(only('id=true')).toEqual(['id', 'eq', 'true']);
    expect(details('id=1')).toEqual([
      { location: 'querystring', name: 'id', description: "1 is not a string: {'id': ''}" },
    ]);
    expect(refusal('id=a&id=b').message).toBe("['a', 'b'] is not a string: {'id': ''}");
  });

  it('want text for every alternative', () => {
    expect(only('in_id=a,b')).toEqual(['id', 'in', ['a', 'b']]);
    expect(only('exclude_id=')).toEqual(['id', 'exclude', []]);
    expect(refusal('in_id=1').message).toBe('Invalid value for in_id');
    expect(refusal('exclude_id=a,2').message).toBe('Invalid value for exclude_id');
    expect(refusal('like_id=1').message).toBe('Invalid value for like_id');
  });

  it('take a number as it is written when they compare', () => {
    expect(only('gt_id=1')).toEqual(['id', 'gt', '1']);
    expect(only('not_id=1.0')).toEqual(['id', 'not', '1.0']);
  });

  it.each(['contains_id', 'contains_any_id'])('cannot ask %s, an id being no array', (name) => {
    expect(details(`${name}=a`)).toEqual([
      { location: 'querystring', name, description: "Field 'id' is not an array" },
    ]);
  });
});

describe('filters on the timestamp', () => {
  it('add the tombstones to the list, each of them', () => {
    for (const name of ['_since', '_before', '_to', 'last_modified', 'gt_last_modified', 'has_last_modified']) {
      expect(parse(`${name}=1`).includeDeleted).toBe(true);
    }
    expect(parse('x.last_modified=1').includeDeleted).toBe(false);
  });

  it('poll with _since, _before and _to, the last of which is deprecated', () => {
    expect(only('_since=12')).toEqual(['last_modified', 'gt', 12]);
    expect(only('_before=12')).toEqual(['last_modified', 'lt', 12]);
    expect(only('_to=12')).toEqual(['last_modified', 'lt', 12]);
    expect(parse('_to=12').usesDeprecatedTo).toBe(true);
    expect(parse('_before=12').usesDeprecatedTo).toBe(false);
  });

  it.each(['123', '"123"', ' 123', '123.9', '+123', '1.23e2'])('read %s as the integer', (text) => {
    expect(parse(`_since=${encodeURIComponent(text)}`).filters[0]?.value).toBe(123);
    expect(parse(`last_modified=${encodeURIComponent(text)}`).filters[0]?.value).toBe(123);
  });

  it('take _since=null for no _since', () => {
    const query = parse('_since=null&_before=null&_to=null');
    expect(query.filters).toEqual([]);
    expect(query.includeDeleted).toBe(false);
  });

  it.each([
    ['_since=abc', '"abc" is not a number'],
    ['_since="abc"', '"abc" is not a number'],
    ['_since="1.5"', '"1.5" is not a number'],
    ['_before=true', '"true" is not a number'],
    ['_since=1e400', '"1e400" is not a number'],
    ['_since=1&_since=2', `"['1', '2']" is not a number`],
    ['_to=-1', '-1 is less than minimum value 0'],
    ['_since="-1"', '-1 is less than minimum value 0'],
    ['_since=9223372036854775809', '9223372036854775809 is greater than maximum value 9223372036854775808'],
    ['last_modified=abc', '"abc" is not a number'],
    ['last_modified=-1', '-1 is less than minimum value 0'],
    ['_since=', 'Invalid value for _since'],
    ['_since=""', 'Invalid value for _since'],
    ['last_modified=null', 'Invalid value for last_modified'],
    [`_since=${NOW + DAY}`, 'Invalid value for _since'],
    [`last_modified=${NOW + DAY}`, 'Invalid value for last_modified'],
    [`gt_last_modified=${NOW + DAY}`, 'Invalid value for gt_last_modified'],
    ['gt_last_modified=abc', 'Invalid value for gt_last_modified'],
    ['not_last_modified=null', 'Invalid value for not_last_modified'],
    ['min_last_modified=-1', 'Invalid value for min_last_modified'],
    ['has_last_modified=false', 'Invalid value for has_last_modified'],
    ['like_last_modified=1', 'Invalid value for like_last_modified'],
    ['in_last_modified=1', 'Invalid value for in_last_modified'],
    ['in_last_modified=', 'Invalid value for in_last_modified'],
    ['exclude_last_modified=1', 'Invalid value for exclude_last_modified'],
    ['contains_last_modified=1', 'Invalid value for contains_last_modified'],
    ['contains_any_last_modified=1', 'Invalid value for contains_any_last_modified'],
  ])('refuse ?%s with the reason', (querystring, description) => {
    const [name = ''] = querystring.split('=');
    expect(details(querystring)).toEqual([{ location: 'querystring', name, description }]);
  });

  it('accept what lies less than a day ahead', () => {
    expect(only(`_since=${NOW + DAY - 1}`)).toEqual(['last_modified', 'gt', NOW + DAY - 1]);
  });
});
