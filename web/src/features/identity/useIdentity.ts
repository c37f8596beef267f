import { shallowRef } from 'vue'
import { identity as api } from '@/api/client'
import type { Identity } from '@/api/model'

/** The own identity; null until read. */
export const identity = shallowRef<Identity | null>(null)

export async function readIdentity() {
  identity.value = await api.read().catch(() => identity.value)
}
