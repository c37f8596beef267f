import { describe, expect, it } from 'vitest'
import { parse, plain, type Block, type Inline, type Named } from '../src/features/text/markup'

/** A tree in short: *b bold*, /i italic/, and so on, so that a test is one line. */
const LETTERS = { bold: 'b', italic: 'i', strike: 's', spoiler: 'x' }
const short = (list: Inline[]): string => list.map((one) => {
  if (one.kind === 'text') return one.text
  if (one.kind === 'code') return `<c>${one.text}</c>`
  if (one.kind === 'link') return `<a ${one.href}${one.host ? ` ${one.host}` : ''}>${one.text}</a>`
  if (one.kind === 'tag') return `<t ${one.tag}>${one.text}</t>`
  if (one.kind === 'person') return `<p ${one.person.node_id}>${one.text}</p>`
  const letter = LETTERS[one.kind]
  return `<${letter}>${short(one.inside)}</${letter}>`
}).join('')
const tree = (list: Block[]): string => list.map((one) => {
  if (one.kind === 'words') return short(one.inside)
  if (one.kind === 'code') return `<pre>${one.text}</pre>`
  if (one.kind === 'quote') return `<q>${tree(one.inside)}</q>`
  return `<list ${one.start ?? '-'}>${one.items.map((item) => `<li>${short(item)}</li>`).join('')}</list>`
}).join('|')
const told = (text: string, people: Named[] = []) => tree(parse(text, people))

describe('markup', () => {
  it('marks words', () => {
    expect(told('**bold** and *italic* and _italic_ and ~~gone~~ and ||hidden||')).toBe('<b>bold</b> and <i>italic</i> and <i>italic</i> and <s>gone</s> and <x>hidden</x>')
    expect(told('**bold and *both* of them**')).toBe('<b>bold and <i>both</i> of them</b>')
    expect(told('***both***')).toBe('<b><i>both</i></b>')
    expect(told('one\n**two\nthree**')).toBe('one\n<b>two\nthree</b>')
    expect(told('这是**粗体**文字，这是*斜体*文字')).toBe('这是<b>粗体</b>文字，这是<i>斜体</i>文字')
  })
  it('leaves what is no mark as it was written', () => {
    for (const text of ['2 * 3 * 4', '2*3*4', 'snake_case_name', '__init__.py', 'a || b || c', '* ', '**', '****', '~tilde~', 'a ** b ** c', '**never closed', 'closed** never', ':-* and *-:']) {
      expect(told(text), text).toBe(text.replace(/\\(.)/g, '$1'))
    }
    expect(told('*one **two* three**')).toBe('<i>one **two</i> three**')
  })
  it('takes a sign for itself after a backslash', () => {
    expect(told('\\*not italic\\* \\`no code\\` \\||seen\\||')).toBe('*not italic* `no code` ||seen||')
    expect(told('C:\\new\\folder')).toBe('C:\\new\\folder')
    expect(told('\\> no quote')).toBe('> no quote')
    expect(told('\\- no list')).toBe('- no list')
  })
  it('keeps code as it is', () => {
    expect(told('run `a * b * c` now')).toBe('run <c>a * b * c</c> now')
    expect(told('a ` alone')).toBe('a ` alone')
    expect(told('```\n**a**\n  b\n```\nafter')).toBe('<pre>**a**\n  b</pre>|after')
    expect(told('```js\nlet a\n```')).toBe('<pre>let a</pre>')
    expect(told('```one line```')).toBe('<pre>one line</pre>')
    expect(told('```\nnot closed')).toBe('<pre>not closed</pre>')
  })
  it('quotes and lists', () => {
    expect(told('> said *so*\n> again\n\nanswer')).toBe('<q>said <i>so</i>\nagain</q>|answer')
    expect(told('>> deep\n> less')).toBe('<q><q>deep</q>|less</q>')
    expect(told('- one\n- **two**\nafter')).toBe('<list -><li>one</li><li><b>two</b></li></list>|after')
    expect(told('3. three\n4. four')).toBe('<list 3><li>three</li><li>four</li></list>')
    expect(told('>.< and -5 and 1.5')).toBe('>.< and -5 and 1.5')
  })
  it('follows addresses of the web alone, and says where they lead', () => {
    expect(told('see https://a.example/x_y_z and *more*')).toBe('see <a https://a.example/x_y_z>a.example/x_y_z</a> and <i>more</i>')
    expect(told('[bread](https://b.example/loaf)')).toBe('<a https://b.example/loaf b.example>bread</a>')
    expect(told('[bank.example](https://evil.example/)')).toBe('<a https://evil.example/ evil.example>bank.example</a>')
    expect(told('[b.example](https://b.example/)')).toBe('<a https://b.example/>b.example</a>')
    for (const bad of ['[x](javascript:alert(1))', '[x](data:text/html,hi)', '[x](/settings)', '[x](https://a b)', '[x](http:///)', '[](https://a.example)', '[x] (https:/a)']) expect(told(bad)).not.toContain('<a javascript')
    for (const bad of ['[x](javascript:alert(1))', '[x](data:text/html,hi)', '[x](/settings)', '[x](vbscript:x)']) expect(told(bad)).toBe(bad)
    expect(told('a #bread and https://a.example/#not')).toBe('a <t bread>#bread</t> and <a https://a.example/#not>a.example/#not</a>')
  })
  it('finds people by place, whatever their names look like', () => {
    const ben: Named = { at: 3, len: 9, node_id: 'b', me: false }
    expect(told('hi @*B* `en, **you**', [ben])).toBe('hi <p b>@*B* `en,</p> <b>you</b>')
    expect(told('👋🏽 @Ana!', [{ at: 3, len: 4, node_id: 'a', me: true }])).toBe('👋🏽 <p a>@Ana</p>!')
    expect(told('`@Ana`', [{ at: 1, len: 4, node_id: 'a', me: true }])).toBe('<c>@Ana</c>')
    expect(told('> @Ana', [{ at: 2, len: 4, node_id: 'a', me: true }])).toBe('<q><p a>@Ana</p></q>')
    expect(told('short', [{ at: 3, len: 40, node_id: 'a', me: true }])).toBe('short')
    expect(told('\uFDD07\uFDD1 @Ana', [{ at: 4, len: 4, node_id: 'a', me: true }])).toBe('\uFFFD7\uFFFD <p a>@Ana</p>')
  })
  it('says the words alone for lists', () => {
    expect(plain('**bold** `code`\n> said\n- one\n- two ||secret||', '▒▒▒')).toBe('bold code said one two ▒▒▒')
    expect(plain('it was ||the butl', '▒▒▒')).toBe('it was ▒▒▒')
    expect(plain('@Ben!', '…', [{ at: 0, len: 4, node_id: 'b', display_name: 'Benjamin', me: false }])).toBe('@Benjamin!')
  })
})

/** Every letter that was written is in the tree, apart from signs. */
const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '')
const leaves = (list: Inline[]): string => list.map((one) => ('inside' in one ? leaves(one.inside) : one.text)).join('')
const all = (list: Block[]): string => list.map((one) => (one.kind === 'words' ? leaves(one.inside) : one.kind === 'code' ? one.text : one.kind === 'quote' ? all(one.inside) : one.items.map(leaves).join('\n'))).join('\n')

describe('markup of anything', () => {
  /** The same numbers in every run. */
  let seed = 7
  const random = (below: number) => ((seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff), (seed >> 8) % below)
  const PARTS = ['*', '**', '_', '~~', '||', '`', '```', '\n', '> ', '>>', '- ', '7. ', '[', '](', ')', '\\', ' ', 'a', 'wort', '字', '#tag', '🙂', 'http://x', '](https://a.example)', '\uFDD0', '\uFDD1', '3']
  it('loses no word', () => {
    for (let round = 0; round < 4_000; round++) {
      const text = Array.from({ length: random(24) }, () => PARTS[random(PARTS.length)]).join('')
      if (/http|```\w|\d\. /.test(text)) continue
      expect(letters(all(parse(text))), JSON.stringify(text)).toBe(letters(text))
    }
  })
  it('has an end for everything, also with people', () => {
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from({ length: random(40) }, () => PARTS[random(PARTS.length)]).join('')
      const people = [{ at: random(10), len: 1 + random(9), node_id: 'a', me: false }]
      expect(Array.isArray(parse(text, people)), JSON.stringify(text)).toBe(true)
      plain(text, '…')
    }
  })
  it('takes 64 kB of the worst in one pass', () => {
    const LENGTH = 65_536
    const began = performance.now()
    for (const part of ['*', '**a ', '*a **b _c ~~d ||e ', '`', '` a', '[', '[a](', '[a](https://', '](', '>', '> ', '> > > > ', '- ', '\\', 'http://', 'http://a)', 'http://((((', '#', '#a', '||', '```\n', '* a_b_', '_a', ')']) {
      const text = part.repeat(Math.ceil(LENGTH / part.length)).slice(0, LENGTH)
      expect(parse(text).length, part).toBeGreaterThan(0)
      parse(`http://a${text}x`)
      parse(`[a](https://a${text}`)
    }
    // A square of it would take minutes.
    expect(performance.now() - began).toBeLessThan(50_000)
  }, 60_000)
})
