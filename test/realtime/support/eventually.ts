/** Looks again and again, giving way to everything else in between, until the condition holds. */
export async function eventually(holds: () => boolean, what: string, withinMs = 45_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`It did not come about: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
