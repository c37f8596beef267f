/** Files on the node and what others offer: pages, kept true by events. */
import { computed, ref, shallowRef } from 'vue'
import { files, storage } from '@/api/files'
import { useEvents } from '@/api/events'
import type { FileItem, FileOffer, StorageUse } from '@/api/model'
import { errorText } from '@/ui/errorText'

const GATHER_MS = 250
export function useFiles() {
  const own = shallowRef<FileItem[]>([])
  const offers = shallowRef<FileOffer[]>([])
  const use = shallowRef<StorageUse | null>(null)
  const nextFile = ref<number | null>(null)
  const nextOffer = ref<number | null>(null)
  const have = ref<Record<string, number>>({})
  const loaded = ref(false)
  const error = ref('')

  async function load() {
    try {
      const [list, offered, used] = await Promise.all([files.list(), files.offers(), storage.read()])
      own.value = list.items
      nextFile.value = list.next ?? null
      offers.value = offered.items
      nextOffer.value = offered.next ?? null
      use.value = used
      have.value = {}
      error.value = ''
      loaded.value = true
    } catch (cause) {
      error.value = errorText(cause)
    }
  }
  async function more() {
    const page = await files.list(nextFile.value).catch(() => null)
    if (!page) return
    own.value = [...own.value, ...page.items]
    nextFile.value = page.next ?? null
  }
  async function moreOffers() {
    const page = await files.offers(nextOffer.value).catch(() => null)
    if (!page) return
    offers.value = [...offers.value, ...page.items]
    nextOffer.value = page.next ?? null
  }
  let timer: number | undefined
  useEvents(['file', 'resync'], ({ id, have: bytes, size }) => {
    // How far a copy is needs no reading.
    if (id && bytes !== undefined && bytes < (size ?? 0)) have.value = { ...have.value, [id]: bytes }
    clearTimeout(timer)
    timer = window.setTimeout(() => void load(), GATHER_MS)
  })
  void load()
  /** Brought for a conversation: they are found there. */
  const shown = computed(() => own.value.filter((one) => !one.for_chat))
  const haveOf = (file: FileItem) => Math.max(have.value[file.id] ?? 0, file.have)
  const put = (file: FileItem) => (own.value = own.value.map((one) => (one.id === file.id ? file : one)))
  return { shown, offers, use, nextFile, nextOffer, loaded, error, load, more, moreOffers, haveOf, put }
}
