/** Waits until a condition holds; fails with its name when it does not in time. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, ms = 60_000): Promise<number> {
  const start = Date.now();
  while (!(await holds())) {
    if (Date.now() - start > ms) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Date.now() - start;
}
