// Real programs for the story: a directory, a relay and nodes, each in a folder of its own, ended when the story ends.
import { spawn } from 'node:child_process'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, mkdir, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PATIENCE_MS = 30_000
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

export async function until(what, look) {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`)
    await pause(50)
  }
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
}

const answers = (url) => fetch(url).then((answer) => answer.ok, () => false)

/** The set-up link is on the terminal, or in a private file of the folder where there is none. */
async function setupLink(folder) {
  const names = (await readdir(folder)).filter((name) => !/sqlite|\.db/.test(name))
  const texts = [`${folder}.log`, ...names.map((name) => join(folder, name))].map((path) => {
    try {
      return readFileSync(path, 'utf8').slice(0, 65_536)
    } catch {
      return ''
    }
  })
  const keys = texts.flatMap((text) => [...text.matchAll(/#k=([\w-]+)/g)].map((match) => match[1]))
  return keys.at(-1)
}

/** A stage for one story. `openred` is the binary; everything is gone after `end()`, unless it failed. */
export async function stage(openred) {
  const root = await mkdtemp(join(tmpdir(), 'openred-story-'))
  const running = []
  function start(name, args) {
    const log = openSync(join(root, `${name}.log`), 'a')
    const child = spawn(openred, args, { stdio: ['ignore', log, log], env: { ...process.env, OPENRED_NO_OPEN: '1' } })
    running.push(child)
    return child
  }
  async function stop(child) {
    if (child.exitCode !== null || child.signalCode !== null) return
    const over = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    await Promise.race([over, pause(10_000).then(() => child.kill('SIGKILL'))])
    await over
  }
  async function server(verb) {
    const port = await freePort()
    start(verb, [verb, '--data', join(root, verb), '--listen', `127.0.0.1:${port}`])
    const url = `http://127.0.0.1:${port}`
    await until(`the ${verb} answers`, () => answers(`${url}/.well-known/openred`))
    return url
  }
  async function node(name) {
    const folder = join(root, name)
    await mkdir(folder)
    const config = join(root, `${name}.toml`)
    // Loopback addresses are refused by default, as they are for every node.
    writeFileSync(config, '[network]\nallow_private = "loopback"\n')
    const port = await freePort()
    const args = ['node', '--data', folder, '--config', config, '--listen', `127.0.0.1:${port}`]
    let child = start(name, args)
    const url = `http://localhost:${port}`
    await until(`${name}'s node answers`, () => answers(`${url}/api/v1/session`))
    const key = await until(`${name}'s set-up link`, () => setupLink(folder))
    return {
      url,
      setup: `${url}/#k=${key}`,
      stop: () => stop(child),
      async restart() {
        child = start(name, args)
        await until(`${name}'s node answers again`, () => answers(`${url}/api/v1/session`))
      },
    }
  }
  async function end(keep) {
    await Promise.all(running.map(stop))
    if (keep) console.log(`# logs are kept in ${root}`)
    else await rm(root, { recursive: true, force: true })
  }
  return { directory: () => server('directory'), relay: () => server('relay'), node, end, folder: (name) => join(root, name) }
}
