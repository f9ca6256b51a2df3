/** What stands for every value that has no metrics of its own. */
export const OTHER = '(other)';

/** Ids have no maximum length; a longer value is not worth remembering. */
const MAX_LENGTH = 200;

/**
 * Keeps what clients choose, ids and user names, from growing the memory without end: only so many combinations are
 * told apart. When all places are taken the last value is no longer told, while the ones before it still are: records
 * are lost in their collections first, then collections in their buckets.
 */
export class BoundedLabels {
  /** The combinations known, by how many of their values are told. */
  private readonly known: Set<string>[] = [];

  /** @param max how many combinations there may be, of each number of told values */
  constructor(private readonly max: number) {}

  /** The values as they may be told; those that are empty stay so. */
  bound(values: readonly string[]): readonly string[] {
    for (let told = values.length; told > 0; told--) {
      if (values[told - 1] === '') continue;
      const shown = told === values.length ? values : hideAfter(values, told);
      if (this.hasPlace(shown, told)) return shown;
    }
    return hideAfter(values, 0);
  }

  private hasPlace(shown: readonly string[], told: number): boolean {
    if (shown.some(({ length }) => length > MAX_LENGTH)) return false;
    const known = (this.known[told] ??= new Set());
    const key = shown.join('\n');
    if (known.has(key)) return true;
    if (known.size >= this.max) return false;
    known.add(key);
    return true;
  }
}

function hideAfter(values: readonly string[], told: number): readonly string[] {
  return values.map((value, index) => (index < told || value === '' ? value : OTHER));
}
