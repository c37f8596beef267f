/** Of all recordings in the app one plays, and the speed is the same for all. */
import { ref } from 'vue'

const SPEEDS = [1, 1.5, 2] as const
const KEY = 'voice-speed'
const held = Number(localStorage.getItem(KEY))
export const speed = ref<number>(SPEEDS.find((one) => one === held) ?? 1)
export function nextSpeed() {
  speed.value = SPEEDS[(SPEEDS.findIndex((one) => one === speed.value) + 1) % SPEEDS.length] ?? 1
  localStorage.setItem(KEY, String(speed.value))
}
let current: HTMLAudioElement | undefined
export function alone(sound: HTMLAudioElement) {
  if (current !== sound) current?.pause()
  current = sound
}
