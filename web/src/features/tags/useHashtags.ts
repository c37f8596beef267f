/** The hashtags the owner follows: read once, kept while the app is open, changed at once and undone when refused. */
import { computed, shallowRef } from 'vue'
import { hashtags as api } from '@/api/client'
import type { Hashtag } from '@/api/model'
import { t } from '@/i18n'
import { toast } from '@/ui/toast'
import { useTask } from '@/ui/useTask'

export const hashtags = shallowRef<Hashtag[] | null>(null)

export async function refreshHashtags() {
  hashtags.value = (await api.list().catch(() => null))?.items ?? hashtags.value
}

export function useHashtag(tag: () => string) {
  const { busy, run } = useTask({ toast: true })
  const followed = computed(() => (hashtags.value ?? []).some((one) => one.tag === tag()))
  async function toggle() {
    const name = tag()
    const follow = !followed.value
    const done = await run(async () => (await (follow ? api.follow(name) : api.unfollow(name)), true))
    await refreshHashtags()
    if (done) toast(t(follow ? 'tags.done' : 'tags.left', { tag: `#${name}` }))
  }
  if (!hashtags.value) void refreshHashtags()
  return { followed, busy, toggle }
}
