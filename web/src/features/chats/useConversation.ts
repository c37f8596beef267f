/** One conversation: its pages, what changes in it, what was seen, what the owner does. */
import { computed, onScopeDispose, ref } from 'vue'
import { chats } from '@/api/client'
import { useEvents } from '@/api/events'
import { ApiError } from '@/api/http'
import type { Message, NodeEvent } from '@/api/model'
import { messageReactionOf, onLanded, sendMessageReaction, waitingMessages } from '@/features/queue/outgoing'
import { refreshChats } from '@/features/shell/badges'
import { errorText } from '@/ui/errorText'
import { countNew, firstUnread, merged, rowsOf, withOne, type Shown, type WaitingMessage } from './messages'
import { talkOf } from './talkStore'

const PAGE = 50
const LARGE = 200
/** Pages that are read one after the other to find something, at most. */
const FAR = 25
const GATHER_MS = 120
const SEEN_MS = 400

export function useConversation(id: string) {
  const talk = talkOf(id)
  const state = ref<'loading' | 'ready' | 'unknown' | 'failed'>('loading')
  const error = ref('')
  const unreadFrom = ref<number | null>(null)
  const typing = ref<Record<string, number>>({})
  let inSight = Infinity
  let busy = false

  function take(page: Message[], limit: number, before?: number) {
    const whole = page.length < limit
    talk.items = merged(talk.items, page, whole, before)
    if (whole) talk.start = true
  }
  async function older(limit = PAGE): Promise<boolean> {
    const first = talk.items[0]
    if (busy || talk.start || !first) return false
    busy = true
    try {
      const { items } = await chats.messages(id, { before: first.number, limit })
      take(items, limit, first.number)
      return items.length > 0
    } catch {
      return false
    } finally {
      busy = false
    }
  }
  /** After a jump far back: what follows, until the newest is reached. */
  async function newer() {
    const last = talk.items.at(-1)
    if (busy || talk.end || !last) return
    busy = true
    const page = await chats.messages(id, { after: last.number, limit: PAGE }).catch(() => null)
    busy = false
    if (!page) return
    talk.items = [...talk.items, ...page.items.toReversed().filter((one) => one.number > last.number)]
    talk.end = page.items.length < PAGE
  }

  /** The newest page, and those before it down to what is held, so that there is never a gap. */
  async function readNewest(limit: number) {
    const newest = talk.items.at(-1)?.number ?? 0
    let page = (await chats.messages(id, { limit })).items
    const fetched = [...page]
    let whole = page.length < limit
    for (let rounds = 0; !whole && talk.items.length > 0 && (page.at(-1)?.number ?? 0) > newest && rounds < FAR; rounds++) {
      page = (await chats.messages(id, { before: page.at(-1)?.number, limit: LARGE })).items
      fetched.push(...page)
      whole = page.length < LARGE
    }
    if (!whole && (page.at(-1)?.number ?? 0) > newest) talk.items = []
    talk.items = merged(talk.items, fetched, whole)
    if (whole) talk.start = true
    talk.end = true
  }
  async function load() {
    state.value = 'loading'
    try {
      const chat = await chats.read(id)
      await readNewest(PAGE)
      while (countNew(talk.items, 0) < chat.unread && (await older(LARGE)));
      talk.chat = chat
      unreadFrom.value = firstUnread(talk.items, chat.unread)
      talk.seen = unreadFrom.value === null ? (talk.items.at(-1)?.number ?? 0) : unreadFrom.value - 1
      talk.loaded = true
      state.value = 'ready'
      error.value = ''
    } catch (cause) {
      error.value = errorText(cause)
      const lost = cause instanceof ApiError && (cause.status === 404 || cause.status === 403 || cause.status === 400)
      state.value = lost ? 'unknown' : talk.loaded ? 'ready' : 'failed'
    }
  }

  let running = false
  let again = false
  async function refresh() {
    again = running
    if (running || state.value === 'loading') return
    running = true
    try {
      talk.chat = await chats.read(id)
      if (talk.end) await readNewest(Math.min(LARGE, Math.max(PAGE, talk.items.length)))
      // Who reads far back sees the changes there, too.
      const first = talk.items.at(-LARGE)?.number ?? -Infinity
      if (inSight < first || !talk.end) {
        const before = inSight + LARGE / 2
        take((await chats.messages(id, { before, limit: LARGE })).items, LARGE, before)
      }
      if (state.value === 'failed') state.value = 'ready'
    } catch {
      // the next event, or the node's return, asks again
    } finally {
      running = false
    }
    if (again) await refresh()
  }
  let gathering: number | undefined
  function gather() {
    clearTimeout(gathering)
    gathering = window.setTimeout(() => void refresh(), GATHER_MS)
  }

  const TYPING_MS = 6_000
  function heard(event: NodeEvent) {
    if ((event.id ?? event.node_id) !== id) return
    if (!event.typing) {
      typing.value = {}
      return gather()
    }
    const who = event.node_id ?? id
    typing.value = { ...typing.value, [who]: Date.now() + TYPING_MS }
    setTimeout(() => (typing.value = Object.fromEntries(Object.entries(typing.value).filter(([, until]) => until > Date.now()))), TYPING_MS + 50)
  }
  useEvents(['chat'], heard)
  useEvents(['resync'], gather)
  useEvents(['person'], (event) => event.node_id === id && gather())
  useEvents(['outbox'], () => talk.items.some((one) => one.mine && one.state === 'sent') && gather())
  onLanded((one, answer) => {
    if ((one.kind === 'message' || one.kind === 'message_reaction') && one.chat === id) put(answer as Message)
  })

  function put(message: Message) {
    // Before the end is here its place is not known.
    if (talk.end || talk.items.some((one) => one.number === message.number)) talk.items = withOne(talk.items, message)
  }
  const drop = (message: Message) => (talk.items = talk.items.filter((one) => one.number !== message.number))

  let telling: number | undefined
  /** Everything up to this message was on the screen of somebody who looks. */
  function seen(message: Message) {
    inSight = message.number
    if (message.number <= talk.seen) return
    const theirs = countNew(talk.items, talk.seen) > 0
    talk.seen = message.number
    if (!theirs) return
    clearTimeout(telling)
    telling = window.setTimeout(() => void chats.seen(id, message.id).then(refreshChats, () => undefined), SEEN_MS)
  }

  const waiting = computed(() => waitingMessages.value.filter((one) => one.chat === id) as unknown as WaitingMessage[])
  const rows = computed(() => rowsOf(talk.items, talk.end ? waiting.value : [], unreadFrom.value))
  const fresh = computed(() => countNew(talk.items, talk.seen))

  /** Reads back until a message is here; its number, or null when it is not to be found. */
  async function find(name: string, author?: string): Promise<Message | null> {
    const here = () => talk.items.find((one) => one.id === name && (!author || one.author?.node_id === author)) ?? talk.items.find((one) => one.id === name) ?? null
    for (let rounds = 0; !here() && rounds < FAR && (await older(LARGE)); rounds++);
    return here()
  }
  /** A place far back, by its number: what lies between is not read. */
  async function goTo(number: number): Promise<Message | null> {
    const here = () => talk.items.find((one) => one.number === number) ?? null
    if (here()) return here()
    const page = await chats.messages(id, { around: number, limit: LARGE }).catch(() => null)
    if (!page) return null
    talk.items = page.items.toReversed()
    talk.start = false
    talk.end = false
    return here()
  }
  async function toNewest() {
    if (talk.end) return
    talk.items = []
    await readNewest(PAGE).catch(() => undefined)
  }

  const acts = {
    async undo(message: Shown) {
      const back = await chats.undo(id, message.id)
      drop(message)
      return back
    },
    async edit(message: Shown, text: string) {
      put(await chats.edit(id, message.id, text))
    },
    async erase(message: Shown) {
      await chats.erase(id, message.id)
      if (message.state === 'held' || message.state === 'no_key') drop(message)
      else put({ ...message, text: null, reactions: [] })
    },
    react(message: Shown, reaction: string) {
      const waits = messageReactionOf(message.id)
      const mine = waits ? waits.reaction : (message.reactions ?? []).find((one) => one.mine)?.reaction
      void sendMessageReaction(id, message.id, mine === reaction ? null : reaction)
    },
  }

  onScopeDispose(() => {
    clearTimeout(gathering)
    clearTimeout(telling)
    if (!talk.end) Object.assign(talk, { items: [], end: true, start: false })
  })
  void load()
  return { talk, state, error, rows, fresh, unreadFrom, typing, load, refresh, older, newer, seen, find, goTo, toNewest, acts, put }
}
export type Conversation = ReturnType<typeof useConversation>
