/** Naming people of a group while writing: who fits, which one is meant, and what of it goes with the message. */
import { computed, nextTick, ref, shallowRef, type Ref } from 'vue'
import { groups } from '@/api/groups'
import type { Member } from '@/api/model'
import { replace } from '@/features/text/marking'
import { fitting, mentionsIn, wanted, type Mention } from './mentions'

/** `id`: of the group; empty where nobody can be named. */
export function useMentions(id: string, field: Ref<HTMLTextAreaElement | undefined>) {
  const people = shallowRef<Member[] | null>(null)
  const asked = shallowRef<{ from: number; query: string } | null>(null)
  const at = ref(0)
  const chosen = new Map<string, string>()
  const fits = computed(() => (asked.value && people.value ? (fitting(people.value, asked.value.query) as Member[]) : []))

  async function load() {
    if (!id || people.value) return
    people.value = await groups.read(id).then((group) => group.members.filter((one) => !one.me && one.state === 'member'), () => null)
  }
  function look() {
    const area = field.value
    const before = asked.value
    asked.value = id && area && area.selectionStart === area.selectionEnd ? wanted(area.value, area.selectionStart) : null
    if (asked.value?.query !== before?.query) at.value = 0
    if (asked.value) void load()
  }
  const close = () => (asked.value = null)
  async function pick(index: number) {
    const [area, person, from] = [field.value, fits.value[index], asked.value?.from]
    if (!area || !person || from === undefined) return
    chosen.set(person.display_name, person.node_id)
    replace(area, from, area.selectionStart, `@${person.display_name} `)
    await nextTick()
    close()
  }
  /** True when the key was for the list. */
  function onKey(event: KeyboardEvent): boolean {
    if (!fits.value.length) return false
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) at.value = (at.value + step + fits.value.length) % fits.value.length
    else if (event.key === 'Enter' || event.key === 'Tab') void pick(at.value)
    else if (event.key === 'Escape') close()
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
  /** Whom a text names. */
  async function of(text: string): Promise<Mention[]> {
    if (!id || !text.includes('@')) return []
    await load()
    return mentionsIn(text, people.value ?? [], chosen)
  }
  return { fits, at, look, close, pick, onKey, of }
}
