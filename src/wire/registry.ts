/**
 * A list that a room owns and higher rooms fill: open to `add` until the application has started, read-only after.
 * One shape for every extension point, so that nothing is ever extended by editing a table in passing.
 */
export class Registry<Item> {
  private readonly items = new Map<string, Item>();
  private isSealed = false;

  /** @param noun what one entry is, for the error messages, e.g. `listener kind` */
  constructor(private readonly noun: string) {}

  /** @throws Error when the name is taken, or the application has started */
  add(name: string, item: Item): void {
    if (this.isSealed) throw new Error(`The ${this.noun} ${name} was added after the start`);
    if (this.items.has(name)) throw new Error(`The ${this.noun} ${name} is there twice`);
    this.items.set(name, item);
  }

  /** For a registry whose entries can themselves be extended. @throws Error as {@link add}, or when it is not there */
  protected replace(name: string, item: Item): void {
    if (this.isSealed) throw new Error(`The ${this.noun} ${name} was changed after the start`);
    if (!this.items.has(name)) throw new Error(`There is no ${this.noun} ${name}`);
    this.items.set(name, item);
  }

  /** From now on the list does not change. */
  seal(): void {
    this.isSealed = true;
  }

  find(name: string): Item | undefined {
    return this.items.get(name);
  }

  /** In the order they were added. */
  all(): Item[] {
    return [...this.items.values()];
  }

  entries(): [string, Item][] {
    return [...this.items.entries()];
  }

  names(): string[] {
    return [...this.items.keys()];
  }
}
