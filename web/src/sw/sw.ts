/** Service worker: the app opens and the last feed can be read while the node is away. No other origin, nothing fetched ahead but the shell. */
const worker = self as unknown as ServiceWorkerGlobalScope
const BUILD = '__SHELL_BUILD__'
const FILES = '__SHELL_FILES__'.split(' ')
const SHELL = `shell-${BUILD}`
const READS = 'reads'
const READS_MOST = 120

/** Reads worth keeping: enough to show who one is, the feed, threads and faces. */
const KEPT = [/^\/api\/v1\/(session|profile|settings|status|identity)$/, /^\/api\/v1\/feed$/, /^\/api\/v1\/posts\/[^/]+\/thread$/, /^\/api\/v1\/people(\/[^/]+)?$/, /^\/api\/v1\/notifications$/, /^\/api\/v1\/avatars\//, /^\/api\/v1\/chats(\/[^/]+(\/messages)?)?$/, /^\/api\/v1\/files(\/[^/]+\/thumbnail)?$/]

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(SHELL).then((cache) => cache.addAll(['/', ...FILES])).then(() => worker.skipWaiting()),
  )
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name !== SHELL && name !== READS).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  )
})

async function fromShell(request: Request): Promise<Response> {
  const cache = await caches.open(SHELL)
  const kept = await cache.match(request)
  if (kept) return kept
  const fresh = await fetch(request)
  if (fresh.ok) await cache.put(request, fresh.clone())
  return fresh
}

async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch {
    return (await (await caches.open(SHELL)).match('/')) ?? Response.error()
  }
}

async function trim(cache: Cache) {
  const keys = await cache.keys()
  await Promise.all(keys.slice(0, Math.max(0, keys.length - READS_MOST)).map((key) => cache.delete(key)))
}

function marked(kept: Response): Response {
  const headers = new Headers(kept.headers)
  headers.set('x-from-cache', '1')
  return new Response(kept.body, { status: kept.status, statusText: kept.statusText, headers })
}

async function read(request: Request): Promise<Response> {
  const cache = await caches.open(READS)
  try {
    const fresh = await fetch(request)
    if (fresh.ok) {
      await cache.put(request, fresh.clone())
      await trim(cache)
    }
    return fresh
  } catch (cause) {
    const kept = await cache.match(request)
    if (kept) return marked(kept)
    throw cause
  }
}

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  // Pages of links to files are no part of the app.
  if (request.method !== 'GET' || url.origin !== worker.location.origin || url.pathname.startsWith('/f/')) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (url.pathname.startsWith('/assets/')) event.respondWith(fromShell(request))
  else if (KEPT.some((shape) => shape.test(url.pathname))) event.respondWith(read(request))
})
