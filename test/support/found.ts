import { setTimeout } from 'node:timers/promises';

/** The first answer that is something, asked for again and again. @throws Error after some seconds without one */
export async function found<T>(ask: () => Promise<T | undefined>, what: string, seconds = 45): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await setTimeout(20);
  }
  throw new Error(`Not within ${seconds} s: ${what}`);
}
