/** Who is here: phase of the node, logged in or not, and the own profile. One for the whole app. */
import { computed, ref, shallowRef } from 'vue'
import { profile as profileApi, session as api } from '@/api/client'
import { startEvents, stopEvents } from '@/api/events'
import { onRefused } from '@/api/http'
import type { Profile, Session } from '@/api/model'
import { dropCaches } from '@/sw/register'
import { loadSettings } from '@/features/settings/useSettings'

export const session = shallowRef<Session | null>(null)
const SHORTEST = 10
/** Characters of a passphrase that the node asks for at least. */
export const shortest = computed(() => session.value?.passphrase_min ?? SHORTEST)
export const me = shallowRef<Profile | null>(null)
/** Set when the session ended under the user's hands; the router leads to the log-in and back. */
export const ended = ref(false)

onRefused((error) => {
  if (!session.value?.logged_in) return
  if (error.code !== 'login_required' && error.code !== 'locked') return
  void dropCaches()
  session.value = { ...session.value, logged_in: false, phase: error.code === 'locked' ? 'locked' : session.value.phase }
  ended.value = true
})

export async function readSession(): Promise<Session> {
  session.value = await api.read()
  if (session.value.logged_in && session.value.phase === 'ready') await enter()
  else void dropCaches()
  return session.value
}

/** The stream of events broke and the node answers that nobody is logged in. */
function noticed(now: Session) {
  if (!session.value?.logged_in || (now.logged_in && now.phase === 'ready')) return
  void dropCaches()
  session.value = { ...now, logged_in: false }
  ended.value = true
}

async function enter() {
  ended.value = false
  me.value = await profileApi.read()
  startEvents(noticed)
  void loadSettings()
}

export async function login(body: { passphrase: string } | { key: string }) {
  await api.login(body)
  await readSession()
}

export async function recover(words: string, passphrase: string) {
  await api.recover(words, passphrase)
  await readSession()
}

async function leave(call: () => Promise<void>) {
  await call()
  stopEvents()
  await dropCaches()
  me.value = null
  session.value = await api.read()
}
export const logout = () => leave(api.logout)
export const lock = () => leave(api.lock)

export async function refreshMe() {
  me.value = await profileApi.read()
}
