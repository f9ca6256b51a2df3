import type { Database } from 'better-sqlite3';
import { describeUri, type UriShapes } from '../wire/uri.js';

/** (URI, JSON of {@link UriShapes}) → JSON of what the URI says of its object; NULL when it leads to none. */
export const DESCRIBE_URI = 'kumocast_describe_uri';

/** Makes the function known to a connection. */
export function registerUriFunction(database: Database): void {
  let shapes = { text: '{}', value: {} as UriShapes };
  // A statement mentions the same row's description several times in a row.
  let last = { uri: '', shapesText: '', description: null as string | null };
  const options = { deterministic: true, directOnly: true };
  database.function(DESCRIBE_URI, options, (uri: string, shapesText: string) => {
    if (uri === last.uri && shapesText === last.shapesText) return last.description;
    if (shapesText !== shapes.text) shapes = { text: shapesText, value: JSON.parse(shapesText) as UriShapes };
    const description = describeUri(uri, shapes.value);
    last = { uri, shapesText, description: description === undefined ? null : JSON.stringify(description) };
    return last.description;
  });
}
