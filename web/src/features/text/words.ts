/** The tree of a text as elements. Nothing of it becomes HTML: each piece is an element of a fixed kind, or text. */
import { h, type FunctionalComponent, type VNodeChild } from 'vue'
import { RouterLink } from 'vue-router'
import type { Block, Inline } from './markup'
import SpoilerText from './SpoilerText.vue'

const TAGS = { bold: 'strong', italic: 'em', strike: 's' } as const

function piece(one: Inline): VNodeChild {
  switch (one.kind) {
    case 'text': return one.text
    case 'code': return h('code', { translate: 'no' }, one.text)
    case 'spoiler': return h(SpoilerText, null, { default: () => one.inside.map(piece) })
    case 'link': return [h('a', { href: one.href, target: '_blank', rel: 'noopener noreferrer nofollow ugc', title: one.href, onClick: (event: Event) => event.stopPropagation() }, one.text), one.host ? h('small', { class: 'host' }, ` (${one.host})`) : null]
    case 'tag': return h(RouterLink, { to: `/tag/${one.tag}` }, () => one.text)
    case 'person': {
      const name = one.person.display_name ? `@${one.person.display_name}` : one.text
      return one.person.me ? h('mark', { class: 'person' }, name) : h(RouterLink, { to: `/people/${one.person.node_id}`, class: 'person' }, () => name)
    }
    default: return h(TAGS[one.kind], null, one.inside.map(piece))
  }
}
function block(one: Block): VNodeChild {
  switch (one.kind) {
    case 'words': return h('p', null, one.inside.map(piece))
    // What does not fit is moved by keys, too.
    case 'code': return h('pre', { translate: 'no', tabindex: 0 }, h('code', null, one.text))
    case 'quote': return h('blockquote', null, one.inside.map(block))
    case 'list': return h(one.start === null ? 'ul' : 'ol', one.start === null ? null : { start: one.start }, one.items.map((item) => h('li', null, item.map(piece))))
  }
}
export const InlineWords: FunctionalComponent<{ list: Inline[] }> = ({ list }) => list.map(piece)
InlineWords.props = ['list']
export const BlockWords: FunctionalComponent<{ list: Block[] }> = ({ list }) => list.map(block)
BlockWords.props = ['list']
