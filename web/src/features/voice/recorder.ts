/** Speaking into the microphone: what comes of it is a file, how long it is and how loud. */
import { onScopeDispose, ref } from 'vue'
import { packed, type Voice } from './levels'

/** What browsers write, the best first: small, and played by all of them. */
const FORMS = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4']
const BITS_PER_SECOND = 32_000
const LOOK_MS = 100
/** Shorter is a slip of the finger. */
const SHORTEST_MS = 500
const LONGEST_MS = 30 * 60_000
export type Trouble = 'refused' | 'none' | 'busy' | 'unable'

function troubleOf(cause: unknown): Trouble {
  const name = cause instanceof DOMException ? cause.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none'
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'unable'
}

export function useRecorder(done: (sound: Blob, voice: Voice) => void) {
  const state = ref<'asking' | 'recording' | 'over'>('asking')
  const trouble = ref<Trouble | null>(null)
  const ms = ref(0)
  const level = ref(0)
  let stream: MediaStream | undefined
  let recorder: MediaRecorder | undefined
  let sound: AudioContext | undefined
  let timer: number | undefined
  let keep = false
  let ended = false
  const levels: number[] = []

  function release() {
    clearInterval(timer)
    stream?.getTracks().forEach((track) => track.stop())
    void sound?.close().catch(() => undefined)
    stream = sound = undefined
  }
  async function start() {
    const form = typeof MediaRecorder === 'undefined' || !navigator.mediaDevices ? undefined : FORMS.find((one) => MediaRecorder.isTypeSupported(one))
    if (!form) return void (trouble.value = 'unable')
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } })
      // Given up while the browser asked.
      if (ended) return release()
      listen(stream)
      record(stream, form)
    } catch (cause) {
      release()
      trouble.value = troubleOf(cause)
    }
  }
  function listen(from: MediaStream) {
    sound = new AudioContext()
    const meter = sound.createAnalyser()
    meter.fftSize = 1024
    sound.createMediaStreamSource(from).connect(meter)
    const wave = new Float32Array(meter.fftSize)
    timer = window.setInterval(() => {
      meter.getFloatTimeDomainData(wave)
      // Speech is mostly far below the loudest possible.
      level.value = Math.min(1, Math.sqrt(wave.reduce((sum, one) => sum + one * one, 0) / wave.length) * 4)
      levels.push(level.value)
      ms.value = Date.now() - began
      if (ms.value >= LONGEST_MS) stop()
    }, LOOK_MS)
  }
  let began = Date.now()
  function record(from: MediaStream, form: string) {
    const parts: Blob[] = []
    recorder = new MediaRecorder(from, { mimeType: form, audioBitsPerSecond: BITS_PER_SECOND })
    recorder.ondataavailable = ({ data }) => data.size && parts.push(data)
    recorder.onstop = () => {
      const took = Date.now() - began
      release()
      state.value = 'over'
      if (keep && took >= SHORTEST_MS && parts.length) done(new Blob(parts, { type: form.split(';')[0] }), { ms: took, levels: packed(levels) })
    }
    // Unplugged, or taken away in the browser.
    from.getAudioTracks()[0]?.addEventListener('ended', stop)
    recorder.start()
    began = Date.now()
    state.value = 'recording'
  }
  /** Ends it and hands it over, unless it is too short to be meant. */
  function stop() {
    keep = true
    end()
  }
  function cancel() {
    keep = false
    end()
  }
  function end() {
    ended = true
    if (recorder?.state === 'recording') recorder.stop()
    else release()
  }
  onScopeDispose(cancel)
  void start()
  return { state, trouble, ms, level, levels, stop, cancel, isTooShort: () => ms.value < SHORTEST_MS }
}
