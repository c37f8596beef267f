/** Two seconds of a tone as a WAV file, that nobody had to record. */
export function sound() {
  const [rate, seconds] = [8_000, 2]
  const wave = Buffer.alloc(44 + rate * seconds, 128)
  wave.write('RIFF', 0)
  wave.writeUInt32LE(36 + rate * seconds, 4)
  wave.write('WAVEfmt ', 8)
  wave.writeUInt32LE(16, 16)
  wave.writeUInt16LE(1, 20)
  wave.writeUInt16LE(1, 22)
  wave.writeUInt32LE(rate, 24)
  wave.writeUInt32LE(rate, 28)
  wave.writeUInt16LE(1, 32)
  wave.writeUInt16LE(8, 34)
  wave.write('data', 36)
  wave.writeUInt32LE(rate * seconds, 40)
  for (let n = 0; n < rate * seconds; n++) wave[44 + n] = 128 + Math.round(100 * Math.sin(n / 3))
  return wave
}
