/** Waits for the condition, which may ask a database. @param patience in ms */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patience = 20_000,
): Promise<void> {
  const end = Date.now() + patience;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`It did not happen in ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
