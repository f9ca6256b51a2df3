import { FailingRoad } from '../support/failing-road.js';
import { serverAt, ServerProcess } from '../support/server-process.js';
import type { TestServer } from '../support/server.js';
import { TransportView } from './transport-view.js';
import type { Transport } from './transport.contract.js';

/** `KUMOCAST_LARGE_CHANGE=100000` is the long form. */
export const RECORDS = Number(process.env.KUMOCAST_LARGE_CHANGE ?? 2_000);

const BATCH = 100;

/**
 * How many characters a record has. However many there are, together they are several times what the system keeps for a
 * reader who does not read (4 MB or so) and what the server may.
 */
const CHARACTERS = Math.ceil(16_000_000 / RECORDS);

/** How much memory JavaScript gets, in MB: what one unit of work with so many changes needs, and little to spare. */
const HEAP = 256 + Math.ceil(RECORDS / 250);

/** How much more, in bytes, may be in use than after the first such change: the buffer of a reader has 1 MiB. */
const FLAT = 8 * 2 ** 20;

/** How much more memory, in bytes, the process may ever have had than at the first: garbage comes and goes. */
const FLAT_PEAK = 96 * 2 ** 20;

export const PATIENCE = 120_000 + RECORDS * 10;

const COLLECTION = '/v1/buckets/b/collections/c';
export const LIST = `${COLLECTION}/records`;

// Usually one DELETE takes 10,000 at most.
const LARGE_INI = `kinto.batch_max_requests = ${BATCH}\nkinto.storage_max_fetch_size = ${RECORDS}`;

/** Records are written, then all of them deleted at once: one request, one unit of work, one change. */
async function changeAll(server: TestServer): Promise<void> {
  await server.request('DELETE', `${LIST}/end`);
  const text = 'x'.repeat(CHARACTERS);
  for (let from = 0; from < RECORDS; from += BATCH) {
    const count = Math.min(BATCH, RECORDS - from);
    const requests = Array.from({ length: count }, (_, n) => {
      return { method: 'PUT', path: `${LIST}/r${from + n}`, body: { data: { text } } };
    });
    const { status } = await server.request('POST', '/v1/batch', { body: { requests } });
    expect(status).toBe(200);
  }
  const answer = await server.request('DELETE', LIST);
  expect(answer.status).toBe(200);
  expect(answer.list).toHaveLength(RECORDS);
}

/**
 * The promise of every transport that even a change of 100,000 records arrives as a whole, or as an explicit request to
 * read the list again, and that the server needs no more memory for it each time, nor for who reads nothing meanwhile.
 * It needs `dist/`: the server is a process of its own.
 */
export function largeChangeContract(name: string, transport: Transport): void {
  it(
    `is told to who follows by ${name}; also to who reads late; and memory stays flat`,
    () =>
      changeTwice(name, transport.ini ?? '', ({ server, near }) => {
        const view = new TransportView(transport, 'mat', LIST);
        let version = 0;
        return Promise.resolve({
          async settle() {
            version += 1;
            await server.request('PUT', `${LIST}/end`, { body: { data: { version } } });
            expect(await view.follow(near, 'end', version)).toBe(true);
            // Each position was the one before the next: what was not told was said to be missing.
            expect([...view.view.keys()]).toEqual(['end']);
          },
          close: () => view.drop(),
        });
      }),
    PATIENCE,
  );
}

/** Both ways to one server. */
export interface Roads {
  readonly server: TestServer;
  /** The same, by a road on which what it says can be held. */
  readonly near: TestServer;
}

export interface LargeReader {
  /** Resolves once it has heard of everything. */
  settle(): Promise<void>;
  close(): void;
}

/** A large change that is read as it comes, and another that is read when all of it is over. */
export async function changeTwice(
  name: string,
  ini: string,
  open: (roads: Roads) => Promise<LargeReader>,
): Promise<void> {
  const process = await ServerProcess.start(`${LARGE_INI}\n${ini}`, HEAP);
  const { server } = process;
  const road = await FailingRoad.to(server.port);
  let reader: LargeReader | undefined;
  try {
    await server.request('PUT', '/v1/buckets/b');
    await server.request('PUT', COLLECTION);
    reader = await open({ server, near: serverAt(`http://127.0.0.1:${road.port}`) });
    await reader.settle();
    await changeAll(server);
    await reader.settle();
    const first = await measure(process);
    road.hold();
    await changeAll(server);
    const held = await measure(process, first);
    road.flow();
    await reader.settle();
    const second = await measure(process, first);
    report(name, `${told(first)} after the first change, ${told(held)} while held, ${told(second)} after the second`);
    expect(Math.max(held.inUse, second.inUse) - first.inUse).toBeLessThan(FLAT);
    expect(second.peak - first.peak).toBeLessThan(FLAT_PEAK);
  } finally {
    reader?.close();
    await road.close();
    await process.close();
  }
}

/** What the long form is run for. */
export function report(name: string, text: string): void {
  if (process.env.KUMOCAST_LARGE_CHANGE !== undefined) process.stderr.write(`${name}: ${text}\n`);
}

interface Memory {
  readonly inUse: number;
  readonly peak: number;
}

/** @param first when it is given, it is waited for that no more than that is in use: who is told later hears of it yet */
async function measure(process: ServerProcess, first?: Memory): Promise<Memory> {
  let inUse = await process.memoryInUse();
  const deadline = Date.now() + PATIENCE / 4;
  while (first !== undefined && inUse - first.inUse > FLAT && Date.now() < deadline)
    inUse = await process.memoryInUse();
  return { inUse, peak: process.peakMemory };
}

function told({ inUse, peak }: Memory): string {
  return `${mebibytes(inUse)} in use (peak ${mebibytes(peak)})`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
