// Fails when what the first screen loads (entry, feed, English, styles) is more than 120 kB gzipped.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const DIST = new URL('../dist/', import.meta.url)
const LIMIT_BYTES = 120_000
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', DIST), 'utf8'))
const files = new Set()
function visit(key) {
  const chunk = manifest[key]
  if (!chunk || files.has(chunk.file)) return
  files.add(chunk.file)
  chunk.css?.forEach((css) => files.add(css))
  chunk.imports?.forEach(visit)
}
for (const key of ['index.html', 'src/features/feed/FeedPage.vue', 'src/features/shell/ContextPane.vue', 'src/i18n/locales/en.json']) {
  if (!manifest[key]) throw new Error(`${key} is not in the build`)
  visit(key)
}
let total = 0
for (const file of [...files].sort()) {
  const bytes = gzipSync(readFileSync(new URL(file, DIST)), { level: 9 }).length
  total += bytes
  console.log(`${String(bytes).padStart(7)}  ${file}`)
}
console.log(`${String(total).padStart(7)}  first load, gzipped (limit ${LIMIT_BYTES})`)
process.exitCode = total > LIMIT_BYTES ? 1 : 0
