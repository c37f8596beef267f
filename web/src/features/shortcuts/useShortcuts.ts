/** Keyboard: ? n r l j k o / and "g" followed by a place. Lists and threads register what the post keys mean there. */
import { onScopeDispose } from 'vue'
import { useRouter } from 'vue-router'
import { openComposer } from '@/features/feed/composerState'

/** `here`: the focus is in this list; it answers before others on the same screen. */
export interface PostKeys { here?(): boolean; next?(): void; previous?(): void; open?(): void; reply?(): void; react?(): void; back?(): void; edit?(): void; pin?(): void; mute?(): void; archive?(): void; remove?(): void }
const stack: PostKeys[] = []

/** The innermost list or thread on the screen answers j, k, o, r, l, Escape. */
export function usePostKeys(keys: PostKeys) {
  stack.push(keys)
  onScopeDispose(() => stack.splice(stack.indexOf(keys), 1))
}

export const PLACES: Record<string, string> = { f: '/', p: '/people', n: '/notifications', s: '/settings', w: '/network', y: '/you', c: '/chats', d: '/files' }
const POST_KEYS: Record<string, keyof PostKeys> = { j: 'next', k: 'previous', o: 'open', Enter: 'open', r: 'reply', l: 'react', e: 'edit', i: 'pin', m: 'mute', a: 'archive', Delete: 'remove', Escape: 'back' }
const CHORD_MS = 1_500

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
const inDialog = () => document.querySelector('[role=dialog],[role=alertdialog],[role=menu]') !== null

export function useShortcuts(acts: { list(): void }) {
  const router = useRouter()
  let chordUntil = 0

  function onKey(event: KeyboardEvent) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || inDialog()) return
    const { key } = event
    const place = chordUntil > Date.now() ? PLACES[key] : undefined
    chordUntil = 0
    if (place) return act(event, () => void router.push(place))
    if (key === 'g') return void (chordUntil = Date.now() + CHORD_MS)
    if (key === '?') return act(event, acts.list)
    if (key === 'n') return act(event, () => openComposer())
    if (key === '/') return act(event, () => void router.push('/search'))
    const name = POST_KEYS[key]
    const able = stack.filter((one) => name && one[name])
    const handler = name && (able.findLast((one) => one.here?.()) ?? able.at(-1))?.[name]
    if (!handler) return
    if (key === 'Enter' && !(event.target instanceof HTMLElement && event.target.matches('article'))) return
    act(event, handler)
  }
  function act(event: KeyboardEvent, work: () => void) {
    event.preventDefault()
    work()
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => window.removeEventListener('keydown', onKey))
}
