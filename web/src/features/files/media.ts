/** Sorts of files: what a browser shows by itself, and the sign that stands for each. */
import { Archive, File as FileIcon, FileText, Film, Image as ImageIcon, Music } from 'lucide-vue-next'

export type Sort = 'image' | 'video' | 'audio' | 'text' | 'archive' | 'other'
const SHOWN: Record<string, Sort> = {
  'image/jpeg': 'image', 'image/png': 'image', 'image/webp': 'image', 'image/gif': 'image', 'video/mp4': 'video', 'video/webm': 'video', 'video/ogg': 'video',
  'audio/mpeg': 'audio', 'audio/ogg': 'audio', 'audio/wav': 'audio', 'audio/mp4': 'audio', 'audio/webm': 'audio', 'audio/flac': 'audio',
}
/** What the node serves under its own type, so that it can be looked at without saving it. */
export const viewable = (type: string): Sort | null => SHOWN[type] ?? null
export function sortOf(type: string): Sort {
  const start = type.split('/')[0]
  if (start === 'image' || start === 'video' || start === 'audio' || start === 'text') return start
  if (type === 'application/pdf' || /document|msword|opendocument.text/.test(type)) return 'text'
  return /zip|tar|compress|7z|rar/.test(type) ? 'archive' : 'other'
}
const ICONS: Record<Sort, typeof FileIcon> = { image: ImageIcon, video: Film, audio: Music, text: FileText, archive: Archive, other: FileIcon }
export const sortIcon = (type: string) => ICONS[sortOf(type)]
