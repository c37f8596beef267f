/** Posts on their way to the own node: shown at once, kept in this browser, repeated by themselves when the node is back. */
import { ref, watch } from 'vue'
import { posts } from '@/api/client'
import { ApiError, online } from '@/api/http'
import type { Visibility } from '@/api/types'
import { me } from '@/features/session/useSession'
import { t } from '@/i18n'
import { errorText } from '@/ui/errorText'
import { toast } from '@/ui/toast'
import { cameEarly, insertOwn, replacePost } from './feedStore'

export interface PendingPost { key: string; text: string; visibility: Visibility; state: 'sending' | 'kept' | 'failed'; reason: string; at: number }
/** Refusals that end by themselves or by logging in: the post stays and goes out then. */
const PASSING = new Set(['offline', 'locked', 'login_required', 'busy', 'slow_down'])
export const pending = ref<PendingPost[]>([])

const storageKey = () => `pending:${me.value?.node_id ?? ''}`
function save() {
  localStorage.setItem(storageKey(), JSON.stringify(pending.value))
}
function change(key: string, change: Partial<PendingPost>) {
  pending.value = pending.value.map((one) => (one.key === key ? { ...one, ...change } : one))
  save()
}

/** Gives up a pending post; the text is returned to be a draft again. */
export function takeBack(key: string): string {
  const text = pending.value.find((one) => one.key === key)?.text ?? ''
  pending.value = pending.value.filter((one) => one.key !== key)
  save()
  return text
}

export async function attempt(key: string) {
  const one = pending.value.find((other) => other.key === key)
  if (!one) return
  change(key, { state: 'sending', reason: '' })
  try {
    const made = await posts.create(one.text, one.visibility, one.key)
    takeBack(key)
    insertOwn(made)
    toast(t('composer.posted'))
    if (cameEarly(made.id)) void posts.read(made.id).then(replacePost, () => undefined)
  } catch (cause) {
    const passing = cause instanceof ApiError && PASSING.has(cause.code)
    change(key, { state: passing ? 'kept' : 'failed', reason: errorText(cause) })
  }
}

export function submitPost(text: string, visibility: Visibility) {
  const key = crypto.randomUUID()
  pending.value = [{ key, text, visibility, state: 'sending', reason: '', at: Date.now() }, ...pending.value]
  save()
  void attempt(key)
}

/** Takes up what an earlier visit left and repeats it whenever the node answers again. The key makes repeating harmless. */
export function usePendingPosts() {
  try {
    pending.value = (JSON.parse(localStorage.getItem(storageKey()) ?? '[]') as PendingPost[]).map((one) => ({ ...one, state: one.state === 'failed' ? 'failed' : 'kept' }))
  } catch {
    pending.value = []
  }
  const resume = () => pending.value.filter((one) => one.state === 'kept').forEach((one) => void attempt(one.key))
  resume()
  watch(online, (now) => now && resume())
}
