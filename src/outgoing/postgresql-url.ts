/** As SQLAlchemy has it, the driver of Python may be named behind a plus. */
const SCHEME = /^postgres(ql)?(\+\w+)?:(?=\/\/)/i;

export function isPostgresqlUrl(text: unknown): text is string {
  return typeof text === 'string' && SCHEME.test(text);
}

/** The same URL without a driver of Python's. */
export function plainPostgresqlUrl(url: string): string {
  return url.replace(SCHEME, 'postgresql:');
}
