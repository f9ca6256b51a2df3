/** The names and types of what is measured; the numbers are each server's own. */
export function familiesIn(text: string): ReadonlyMap<string, string> {
  return new Map(Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, type]) => [name!, type!]));
}
