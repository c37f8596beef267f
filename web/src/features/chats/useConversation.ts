/** One conversation: what changes in it, what was seen, what the owner does. */
import { computed, onScopeDispose, ref } from 'vue'
import { chats } from '@/api/client'
import { useEvents } from '@/api/events'
import { ApiError } from '@/api/http'
import type { Message, NodeEvent } from '@/api/model'
import { messageReactionOf, onLanded, sendMessageReaction, waitingMessages } from '@/features/queue/outgoing'
import { refreshChats } from '@/features/shell/badges'
import { errorText } from '@/ui/errorText'
import type { Mention } from './mentions'
import { countNew, firstUnread, rowsOf, type Shown, type WaitingMessage } from './messages'
import { talkOf } from './talkStore'
import { LARGE, PAGE, usePages } from './usePages'

const GATHER_MS = 120
const SEEN_MS = 400

export function useConversation(id: string) {
  const talk = talkOf(id)
  const state = ref<'loading' | 'ready' | 'unknown' | 'failed'>('loading')
  const error = ref('')
  const unreadFrom = ref<number | null>(null)
  const typing = ref<Record<string, number>>({})
  const { older, newer, readNewest, readAt, find, goTo, toNewest, put, drop } = usePages(id, talk)
  let inSight = Infinity

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
      if (inSight < first || !talk.end) await readAt(inSight)
      // What came late stands among what was seen.
      const late = untold ? null : firstUnread(talk.items, talk.chat.unread)
      if (late !== null && late <= talk.seen) talk.seen = late - 1
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

  let telling: number | undefined
  let untold: { message: Message; before: number } | null = null
  /** The node tells the other; when it is away it is told again with what is seen next. */
  function tellSeen() {
    clearTimeout(telling)
    if (!untold) return
    const { message, before } = untold
    untold = null
    chats.seen(id, message.id).then(refreshChats, () => (talk.seen = Math.min(talk.seen, before)))
  }
  /** Everything up to this message was on the screen of somebody who looks. */
  function seen(message: Message) {
    inSight = message.number
    if (message.number <= talk.seen) return
    const before = untold?.before ?? talk.seen
    const theirs = countNew(talk.items, talk.seen) > 0
    talk.seen = message.number
    if (!theirs) return
    untold = { message, before }
    clearTimeout(telling)
    telling = window.setTimeout(tellSeen, SEEN_MS)
  }

  const waiting = computed(() => waitingMessages.value.filter((one) => one.chat === id) as unknown as WaitingMessage[])
  const rows = computed(() => rowsOf(talk.items, talk.end ? waiting.value : [], unreadFrom.value))
  const fresh = computed(() => countNew(talk.items, talk.seen))

  const acts = {
    async undo(message: Shown) {
      const back = await chats.undo(id, message.id)
      drop(message)
      return back
    },
    async edit(message: Shown, text: string, mentions: Mention[]) {
      put(await chats.edit(id, message.id, { text, mentions }))
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
    tellSeen()
    if (!talk.end) Object.assign(talk, { items: [], end: true, start: false })
  })
  void load()
  return { talk, state, error, rows, fresh, typing, load, refresh, older, newer, seen, find, goTo, toNewest, acts }
}
