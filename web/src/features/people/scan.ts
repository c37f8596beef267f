/** Reads the code in a picture: by the browser where it can, else by a library that is loaded then. */
interface Detector { detect(source: CanvasImageSource): Promise<{ rawValue: string }[]> }
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> }

/** Larger pictures say no more. */
const SIDE_MOST = 1600
/** For the tries of one picture, milliseconds. */
const TRIES_MS = 400

let detector: Promise<Detector | null> | undefined
const own = () => (detector ??= (async () => {
  if (!('BarcodeDetector' in globalThis)) return null
  const formats = await BarcodeDetector.getSupportedFormats().catch((): string[] => [])
  return formats.includes('qr_code') ? new BarcodeDetector({ formats: ['qr_code'] }) : null
})())

function pixels(source: CanvasImageSource, width: number, height: number): ImageData | null {
  const scale = Math.min(1, SIDE_MOST / Math.max(width, height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(width * scale))
  canvas.height = Math.max(1, Math.round(height * scale))
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) return null
  // What is transparent counts as paper.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(source, 0, 0, canvas.width, canvas.height)
  return context.getImageData(0, 0, canvas.width, canvas.height)
}
async function decoded(image: ImageData | null): Promise<string | null> {
  if (!image) return null
  const { decodeQR } = await import('qr/decode.js')
  try {
    return decodeQR(image, { timeLimit: TRIES_MS }) || null
  } catch {
    return null
  }
}
/** What a frame of the camera says; null: no code in it. */
export async function readFrame(video: HTMLVideoElement): Promise<string | null> {
  if (!video.videoWidth) return null
  const found = await (await own())?.detect(video).catch(() => [])
  return found?.[0]?.rawValue || decoded(pixels(video, video.videoWidth, video.videoHeight))
}
/** What a picture says; null: no code in it, or it is no picture. */
export async function readPicture(file: Blob): Promise<string | null> {
  const bitmap = await createImageBitmap(file).catch(() => null)
  if (!bitmap) return null
  const found = await (await own())?.detect(bitmap).catch(() => [])
  const text = found?.[0]?.rawValue || (await decoded(pixels(bitmap, bitmap.width, bitmap.height)))
  bitmap.close()
  return text
}
