/** What one can do with a person; each act returns the person as the node now sees them. */
import { people, type PersonAct } from '@/api/client'
import type { Person } from '@/api/model'
import { refreshRequests, refreshSuggestions } from '@/features/shell/badges'
import { t } from '@/i18n'
import { toast } from '@/ui/toast'
import { useTask } from '@/ui/useTask'

export function usePersonActs(changed: (person: Person) => void) {
  const { busy, error, run } = useTask({ toast: true })
  async function take(work: () => Promise<Person>, words?: (person: Person) => string) {
    const person = await run(work)
    if (!person) return false
    changed(person)
    void refreshRequests()
    void refreshSuggestions()
    if (words) toast(words(person))
    return true
  }
  const act = (id: string, name: PersonAct) => take(() => people.act(id, name))
  const accept = (id: string) => take(() => people.act(id, 'accept'), (person) => t('people.now_friends', { name: person.display_name }))
  const request = (id: string, relationship: 'friend' | 'follower', note?: string) =>
    take(() => people.request(id, relationship, note), () => t('people.request_sent'))
  return { busy, error, act, accept, request }
}
