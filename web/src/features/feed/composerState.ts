/** Where a new post is written: in the feed when its composer is in sight, else in a dialog. */
import { ref } from 'vue'

export const composing = ref(false)
const NEAR_TOP_PX = 160
let inline: (() => void) | null = null

export function offerInlineComposer(focus: (() => void) | null) {
  inline = focus
}

export function openComposer() {
  if (inline && window.scrollY < NEAR_TOP_PX) inline()
  else composing.value = true
}
