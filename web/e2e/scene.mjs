// A scene of real nodes for screenshots: a directory and seven people who know each other, made through the owner API
// as anybody could, then every screen of ana's app is photographed.
//   OPENRED_BIN=target/debug/openred node e2e/scene.mjs [--out DIR] [--only feed,post] [--language fr,es]
import { execFileSync, spawn } from 'node:child_process'
import UPNG from 'upng-js'
import { stage, until } from './nodes.mjs'
import { arrive as arriveAt, befriend } from './people.mjs'
import { sound } from './sound.mjs'

const openred = process.env.OPENRED_BIN
if (!openred) throw new Error('OPENRED_BIN names the program')
const play = await stage(openred)
const arrive = (...who) => arriveAt(play, ...who)

/** A picture nobody had to sit for: two soft discs on a ground. */
function picture(hue, size = 256) {
  const pixels = new Uint8Array(size * size * 4)
  const shade = (h, light) => [0, 8, 4].map((n) => { const k = (n + h / 30) % 12; return Math.round(255 * (light - 0.42 * Math.min(light, 1 - light) * Math.max(-1, Math.min(k - 3, 9 - k, 1)))) })
  const [ground, disc, sun] = [shade(hue, 0.78), shade(hue + 40, 0.42), shade(hue + 300, 0.64)]
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) {
    const colour = Math.hypot(x - size * 0.5, y - size * 1.05) < size * 0.48 ? disc : Math.hypot(x - size * 0.5, y - size * 0.4) < size * 0.2 ? sun : ground
    pixels.set([...colour, 255], (y * size + x) * 4)
  }
  return new Uint8Array(UPNG.encode([pixels.buffer], size, size, 16))
}

/** A reply to somebody else's comment, which has to arrive first. */
async function deeper(who, post, parent, text) {
  await until('the comment is there', async () => (await who.call('GET', `/posts/${post}/thread`)).comments.some((one) => one.id === parent))
  return who.comment(post, text, parent)
}

let code = 1
try {
  const directory = await play.directory()
  const ana = await arrive('ana', 'Ana Ríos', directory, { bio: 'Reading group, bicycles, too many plants.', links: [{ url: 'https://reading.example' }] })
  const ben = await arrive('ben', 'Ben Okafor', directory, { bio: 'Baker in Lagos. Up at four, asleep at nine.', links: [{ url: 'https://bread.example' }] })
  const chloe = await arrive('chloe', 'Chloé Martin', directory, { bio: 'Sociologue, cycliste.' })
  const dario = await arrive('dario', 'Dario Conti', directory)
  const emre = await arrive('emre', 'Emre Yıldız', directory, { bio: 'Tea, mostly.' })
  const long = await arrive('wilhelmina', 'Wilhelmina Featherstonehaugh-Cholmondeley', directory, { bio: 'Names should be worn like coats: long, and a little too warm.' })
  const mei = await arrive('mei', '陈美玲', directory, { bio: '摄影与茶' })
  await befriend(ana, ben)
  await befriend(ana, chloe)
  await befriend(ana, dario)
  await befriend(ben, chloe)
  await befriend(ben, mei)
  await ben.call('PUT', '/profile/avatar', picture(20), 'image/png')
  await chloe.call('PUT', '/profile/avatar', picture(215), 'image/png')

  const river = await chloe.post('Walked the whole river path today. The kingfisher is back at the second bridge.')
  await dario.post('La mostra apre sabato alle 18. Ingresso libero, si mangia, si discute.\n\nVenite.')
  await ana.post('Ask Ben for the starter, return Chloé’s book.', 'private')
  await ben.post('Reading: https://en.wikipedia.org/wiki/Small-world_experiment (six steps, or fewer?)')
  const group = await ana.post('We are moving the reading group to Thursdays. Same place, same tea.')
  const notes = await chloe.post('Does anybody still have the notes of Tuesday’s meeting? I would like to put them where all of us can find them, not in somebody’s cloud.')
  const bread = await ben.post('First bread from the new oven. Half of the street came by within ten minutes, so there is no second picture. #bread')
  for (const post of [river, notes, bread]) await ana.sees(post.id)
  await chloe.sees(bread.id)
  for (const person of [ben, chloe, dario]) await person.sees(group.id)

  const heel = await ana.comment(bread.id, 'Save me the heel, please. The heel is the best part and I will not discuss it.')
  await until('ben reads it', async () => (await ben.call('GET', `/posts/${bread.id}/thread`)).known === 1)
  const yours = await ben.comment(bread.id, 'The heel is yours.', heel.id)
  const half = await deeper(ana, bread.id, yours.id, 'Half of it. My mother insists that I share.')
  const mother = await deeper(ben, bread.id, half.id, 'Then bring her along. There is a second loaf in the oven, and she knows more about rye than I ever will.')
  await deeper(ana, bread.id, mother.id, 'She says six o’clock.')
  const smell = await chloe.comment(bread.id, 'I could smell it from here. Is the sourdough the one with walnuts?')
  await until('ben reads her', async () => (await ben.call('GET', `/posts/${bread.id}/thread`)).known === 6)
  await ben.comment(bread.id, 'Walnuts and figs. I keep one for you until six.', smell.id)
  await until('ana reads all', async () => (await ana.call('GET', `/posts/${bread.id}/thread`)).known === 7)
  await ana.react(bread.id, '❤')
  await chloe.react(bread.id, '🔥')
  await ana.react(river.id, '😮')
  await chloe.comment(group.id, 'Same tea? Then yes.')
  await ben.react(group.id, '❤')
  await chloe.react(group.id, '❤')
  await dario.react(group.id, '👍')
  await until('ana hears of it', async () => (await ana.call('GET', `/posts/${group.id}`)).reactions.reduce((sum, one) => sum + one.count, 0) === 3)

  await emre.call('POST', `/people/${ana.id}/request`, { relationship: 'friend', note: 'We met at the reading group, I brought the tea.' })
  await long.call('POST', `/people/${ana.id}/request`, { relationship: 'friend' })
  await ben.call('POST', `/people/${ana.id}/introduce`, { to: mei.id, note: 'You both photograph birds.' })
  for (const one of [ana, ben, chloe, dario, long]) await one.call('PATCH', '/settings', { undo_send_s: 0 })
  const tell = async (from, to, text, more) => {
    const { id } = await from.say(to, text, more)
    await to.heard(from, id)
    return id
  }
  await tell(chloe, ana, 'Tu as encore les notes de mardi ?')
  await tell(ana, chloe, 'Oui. Je te les apporte jeudi.')
  await tell(dario, ana, 'Vieni sabato? C’è anche il vino.')
  await tell(ben, ana, 'The rye is out. I kept you the heel.')
  const close = await tell(ana, ben, 'The heel is the best part and I will not discuss it. When do you close?')
  const six = await tell(ben, ana, 'Six, or when it is gone, whatever comes first. The recipe, if you want to try: https://bread.example/rye', { reply_to: close })
  await ana.call('PUT', `/chats/${ben.id}/messages/${six}/reaction`, { reaction: '❤' })
  await tell(ana, ben, 'On my way.')
  await ana.call('POST', `/chats/${ben.id}/read`, { id: six })
  await tell(ben, ana, 'Walnuts or figs? Decide quickly, there is a queue.')
  await ana.call('PATCH', `/chats/${ben.id}`, { pinned: true })
  await ana.call('PATCH', `/chats/${chloe.id}`, { draft: 'Et le livre, aussi' })
  const bring = async (who, name, media_type, bytes, more = {}) => {
    const { id } = await who.call('POST', '/files', { name, size: bytes.length, media_type, ...more })
    await who.call('PUT', `/files/${id}/data?offset=0`, bytes, 'application/octet-stream')
    return id
  }
  const { id: table } = await ana.call('POST', '/groups', { name: 'Bread and books', people: [ben.id, chloe.id] })
  const members = async (who) => (await who.call('GET', `/groups/${table}`).catch(() => null))?.members.filter((one) => one.state === 'member').length
  await until('all sit at the table', async () => (await members(ana)) === 3 && (await members(ben)) === 3 && (await members(chloe)) === 3)
  const sayAll = async (from, text, more = {}) => {
    const { id } = await from.call('POST', `/chats/${table}/messages`, { ...(text && { text }), ...more })
    for (const who of [ana, ben, chloe]) await until('it is heard', async () => (await who.call('GET', `/chats/${table}/messages?limit=20`)).items.some((one) => one.id === id))
  }
  await sayAll(ana, 'Thursday, then. **Who brings what?**\n- tea: me\n- bread: @Ben Okafor\n- the book: ||nobody has read it||', { mentions: [{ at: 56, len: 11, node_id: ben.id }] })
  await sayAll(chloe, '> bread\nSeigle, s’il te plaît. Et pour @Ana Ríos : *sans* noix.', { mentions: [{ at: 39, len: 9, node_id: ana.id }] })
  const levels = Buffer.from(Array.from({ length: 48 }, (_, n) => Math.round(30 + 200 * Math.abs(Math.sin(n / 3) * Math.sin(n / 7.3))))).toString('base64url')
  await sayAll(ben, '', { file: await bring(ben, 'Voice message.wav', 'audio/wav', new Uint8Array(sound()), { for_chat: true }), voice: { ms: 14_300, levels } })
  const { id: near } = await ana.call('POST', '/circles', { name: 'Our street', people: [ben.id, chloe.id] })
  await ana.call('POST', '/circles', { name: 'Cyclists', people: [chloe.id] })
  const key = await ana.call('POST', '/posts', { text: 'The spare key is with me until Sunday.', visibility: 'circle', circle: near })
  for (const who of [ben, chloe]) await who.sees(key.id)
  await long.say(ana, 'You left your umbrella at the reading group. It is the green one, is it not?')
  await until('her message waits to be let in', async () => (await ana.call('GET', '/chats?requests=true')).items.length === 1)
  const minutes = await bring(ana, 'Minutes of Tuesday.pdf', 'application/pdf', new Uint8Array(184_000))
  await ana.call('POST', `/files/${minutes}/share`, { node_id: chloe.id })
  await bring(ana, 'window.png', 'image/png', picture(120))
  const oven = await bring(ben, 'The new oven.png', 'image/png', picture(20))
  await ben.call('POST', `/files/${oven}/share`, { node_id: ana.id })
  await until('ana is offered the picture', async () => (await ana.call('GET', '/files/offers')).items.length === 1)
  await until('emre asks', async () => (await ana.call('GET', '/people?list=requests')).items.length > 1)
  await dario.stop()
  await ana.post('The lamp is lit. Come by when you can, there is soup.')
  await until('it is with two of three', async () => (await ana.call('GET', '/feed?filter=mine&limit=1')).items[0].delivery?.delivered === 2)

  const fresh = await play.node('fresh')
  const languages = process.argv.includes('--language') ? process.argv[process.argv.indexOf('--language') + 1].split(',') : ['']
  code = 0
  for (const language of languages) {
    const login = execFileSync(openred, ['link', '--data', play.folder('ana')], { encoding: 'utf8' }).match(/https?:\/\/\S+/)[0]
    const args = [new URL('shots.mjs', import.meta.url).pathname, '--base', ana.url, '--login', login, '--setup', fresh.setup, ...process.argv.slice(2), ...(language ? ['--language', language] : [])]
    const ended = await new Promise((done) => spawn(process.execPath, args, { stdio: 'inherit' }).once('exit', done))
    code ||= ended
  }
} finally {
  await play.end(code !== 0)
}
process.exitCode = code
