import { ApiError, ERRORS, type ErrorDetail, invalidParameters } from '../../src/wire/api-error.js';

describe('An API error', () => {
  it('has the body that Kinto sends', () => {
    const error = new ApiError('FORBIDDEN');
    expect(error.status).toBe(403);
    expect(error.toJson()).toBe(
      '{"code":403,"errno":121,"error":"Forbidden","message":"This user cannot access this resource."}',
    );
  });

  it('has no message where Kinto has none, and details where they are given', () => {
    const error = new ApiError('OBJECT_NOT_FOUND', { details: { id: 'r', resource_name: 'record' } });
    expect(error.body).toEqual({
      code: 404,
      errno: 110,
      error: 'Not Found',
      details: { id: 'r', resource_name: 'record' },
    });
  });

  it('never tells the caller its cause', () => {
    const error = new ApiError('BACKEND', { cause: new Error('password is hunter2') });
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.toJson()).not.toContain('hunter2');
    expect(error.message).not.toContain('hunter2');
  });

  it('carries the headers of its answer', () => {
    expect(new ApiError('MODIFIED_MEANWHILE', { headers: { ETag: '"1"' } }).headers).toEqual({ ETag: '"1"' });
  });

  it('has a title of its own for every row of the catalogue', () => {
    for (const name of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
      const { body } = new ApiError(name);
      expect({ name, title: body.error }).not.toEqual({ name, title: 'Error' });
      expect(body.code).toBe(ERRORS[name].status);
    }
  });
});

describe('The error for violations', () => {
  const detail = (name: string | null, description: string): ErrorDetail => ({ location: 'body', name, description });

  it('sorts them by name and speaks of the first', () => {
    const error = invalidParameters([detail('data.b', 'Required'), detail('data.a', 'not a number')]);
    expect(error.body).toEqual({
      code: 400,
      errno: 107,
      error: 'Invalid parameters',
      message: 'data.a in body: not a number',
      details: [detail('data.a', 'not a number'), detail('data.b', 'Required')],
    });
  });

  it.each<[string, string | null, string, string]>([
    ['without a name says where', null, 'broken', 'body: broken'],
    ['whose description names it is not repeated', 'title', 'title is wrong', 'title is wrong'],
    ['with an empty name is the description alone', '', 'Invalid JSON', 'Invalid JSON'],
  ])('that %s', (_title, name, description, message) => {
    expect(invalidParameters([detail(name, description)]).body.message).toBe(message);
  });

  it('may be one of content negotiation', () => {
    const { status, errno } = invalidParameters([detail('Accept', 'x')], 'NOT_ACCEPTABLE');
    expect({ status, errno }).toEqual({ status: 406, errno: 107 });
  });
});
