/**
 * The sums of what several processes have measured, in the text format that each tells its own in: as it would be told
 * by one process that measured everything, in the order in which it comes first. As all write alike, a sample has the
 * same name and labels where what stands before its value is the same.
 */
export function sumOf(texts: readonly string[]): string {
  const metrics = new Map<string, Map<string, number>>();
  for (const text of texts) {
    for (const metric of text.trimEnd().split('\n\n')) addTo(metrics, metric);
  }
  const summed = [...metrics].map(([head, samples]) => {
    return [head, ...[...samples].map(([sample, value]) => `${sample} ${value}`)].join('\n');
  });
  return `${summed.join('\n\n')}\n`;
}

/** @param metric its lines: what it is, of which type, its samples; labels hold no line breaks in this format */
function addTo(metrics: Map<string, Map<string, number>>, metric: string): void {
  const [help, type, ...lines] = metric.split('\n');
  // Nothing has been measured yet.
  if (type === undefined) return;
  const head = `${help}\n${type}`;
  let samples = metrics.get(head);
  if (samples === undefined) metrics.set(head, (samples = new Map<string, number>()));
  for (const line of lines) {
    const end = line.lastIndexOf(' ');
    const sample = line.slice(0, end);
    samples.set(sample, (samples.get(sample) ?? 0) + Number(line.slice(end + 1)));
  }
}

/** One number in the same format. */
export function gauge(name: string, value: number, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
}
