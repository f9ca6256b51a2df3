import type { Bus } from '../../src/bus/bus.js';
import { until } from '../changes/until.js';

/** What every bus promises. @param factory makes the bus of a further node; all of one test reach each other */
export function busContract(name: string, factory: () => Promise<Bus>): void {
  describe(`The bus contract on ${name}`, () => {
    let buses: Bus[] = [];
    const join = async () => {
      const bus = await factory();
      buses.push(bus);
      return bus;
    };
    /** What a node hears of a topic from now on. */
    const hear = (bus: Bus, topic: string) => {
      const heard: string[] = [];
      bus.subscribe(topic, (text) => heard.push(text));
      return heard;
    };
    afterEach(async () => {
      for (const bus of buses) await bus.close();
      buses = [];
    });

    it('takes a message to every other node, and not back', async () => {
      const [one, two, three] = [await join(), await join(), await join()];
      const [first, second, third] = [hear(one, 'news'), hear(two, 'news'), hear(three, 'news')];
      one.publish('news', 'hällo\nworld ');
      await until(() => second.length === 1 && third.length === 1, 'both have heard');
      two.publish('news', '');
      await until(() => first.length === 1 && third.length === 2, 'both have heard');
      expect([first, second, third]).toEqual([[''], ['hällo\nworld '], ['hällo\nworld ', '']]);
    });

    it('keeps the order of one node, over all topics', async () => {
      const [one, two] = [await join(), await join()];
      const heard: string[] = [];
      two.subscribe('even', (text) => heard.push(text));
      two.subscribe('odd', (text) => heard.push(text));
      const sent = Array.from({ length: 500 }, (_, index) => String(index));
      for (const text of sent) one.publish(Number(text) % 2 === 0 ? 'even' : 'odd', text);
      await until(() => heard.length === sent.length, 'everything has come');
      expect(heard).toEqual(sent);
    });

    it('tells of a topic only who has subscribed to it, for as long as they are', async () => {
      const [one, two] = [await join(), await join()];
      const [news, others] = [hear(two, 'news'), hear(two, 'new')];
      const ended: string[] = [];
      const end = two.subscribe('news', (text) => ended.push(text));
      one.publish('news', 'a');
      await until(() => news.length === 1, 'the first has come');
      end();
      one.publish('news', 'b');
      await until(() => news.length === 2, 'the second has come');
      expect([news, ended, others]).toEqual([['a', 'b'], ['a'], []]);
    });

    it('lets no subscriber suffer from the mistake of another', async () => {
      const [one, two] = [await join(), await join()];
      two.subscribe('news', () => {
        throw new Error('a subscriber’s own mistake');
      });
      const heard = hear(two, 'news');
      one.publish('news', 'a');
      await until(() => heard.length === 1, 'the other has heard');
    });

    it('is silent once it is closed, and takes what is said then', async () => {
      const [one, two, three] = [await join(), await join(), await join()];
      const [second, third] = [hear(two, 'news'), hear(three, 'news')];
      await two.close();
      two.publish('news', 'from the grave');
      one.publish('news', 'a');
      await until(() => third.length > 0, 'the other has heard');
      expect([second, third]).toEqual([[], ['a']]);
    });
  });
}
