import type { RedisLinkOptions } from '../outgoing/redis-link.js';
import type { Bus } from './bus.js';
import type { BusSettings } from './bus.settings.js';
import { MemoryBus } from './memory-bus.js';
import { RedisBus } from './redis-bus.js';

/** A Redis that cannot be reached is no reason not to start: nothing depends on it. */
export async function openBus({ url, channel }: BusSettings, log: RedisLinkOptions['log']): Promise<Bus> {
  if (url === '') return new MemoryBus();
  const bus = new RedisBus(url, channel, log);
  await bus.open();
  return bus;
}
