/**
 * The same work, never twice at a time: whoever asks while it runs shares the next run with all others who do. So nobody
 * gets what was found out before they asked, and many who ask cost no more than two.
 */
export function inTurns<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  const start = () => {
    next = undefined;
    return work();
  };
  return () => {
    if (next === undefined) running = next = running.then(start, start);
    return next;
  };
}
