import { describe, expect, it } from 'vitest'
import { pieces, tagsOf } from '../src/features/post/linkify'

const hrefs = (text: string) => pieces(text).flatMap((one) => one.href ?? [])

describe('text of posts', () => {
  it('is kept letter by letter when there is no address', () => {
    const text = '**bold** <b>no</b> [a](b)\n\n# not a title & so on'
    expect(pieces(text)).toEqual([{ text }])
  })
  it('makes addresses clickable and leaves the sentence alone', () => {
    expect(pieces('See https://a.example/x, or not.')).toEqual([{ text: 'See ' }, { text: 'a.example/x', href: 'https://a.example/x' }, { text: ', or not.' }])
  })
  it('knows brackets', () => {
    expect(hrefs('(https://a.example/x)')).toEqual(['https://a.example/x'])
    expect(hrefs('https://a.example/x_(y)')).toEqual(['https://a.example/x_(y)'])
  })
  it('makes nothing else clickable', () => {
    expect(hrefs('javascript:alert(1) data:text/html,x file:///etc/passwd //a.example mailto:a@b.example ftp://a.example')).toEqual([])
  })
  it('does not fall for markup inside an address', () => {
    expect(hrefs('https://a.example/"onmouseover="x')).toEqual(['https://a.example/'])
    expect(hrefs('https://a.example/<script>')).toEqual(['https://a.example/'])
  })
  it('makes hashtags clickable as the node counts them, and leaves the sentence alone', () => {
    expect(pieces('Fresh #Bread, #pain_au_levain!')).toEqual([{ text: 'Fresh ' }, { text: '#Bread', tag: 'bread' }, { text: ', ' }, { text: '#pain_au_levain', tag: 'pain_au_levain' }, { text: '!' }])
    expect(tagsOf('#Größe (#面包) #книга')).toEqual(['größe', '面包', 'книга'])
  })
  it('takes no number, no end of a word, no part of an address, nothing longer than 64 bytes for a hashtag', () => {
    expect(tagsOf(`a#b no. #1 # ## https://example.org/#top #a#b #${'x'.repeat(65)} #${'ö'.repeat(33)}`)).toEqual(['a'])
    expect(tagsOf(`#${'x'.repeat(64)}`)).toHaveLength(1)
  })
  it('shortens what is shown, never where it leads', () => {
    const long = `https://www.a.example/${'x'.repeat(80)}`
    const [only] = pieces(long)
    expect(only?.href).toBe(long)
    expect(only?.text.length).toBeLessThanOrEqual(48)
  })
  it('loses nothing', () => {
    const text = 'one https://a.example two http://b.example/?q=1#z three #four, #5'
    expect(pieces(text).map((one) => one.href ?? one.text).join('')).toBe(text)
  })
})
