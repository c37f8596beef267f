/** Three different positions, 1 to `count`, ascending, by the browser's random numbers. */
export function pickThree(count: number): number[] {
  const chosen = new Set<number>()
  while (chosen.size < Math.min(3, count)) {
    const [value] = crypto.getRandomValues(new Uint32Array(1))
    chosen.add(((value ?? 0) % count) + 1)
  }
  return [...chosen].sort((a, b) => a - b)
}
