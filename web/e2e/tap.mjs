// Steps of a story, reported in TAP: one title, one piece of work, the time it took.
let passed = 0
let failed = 0

export async function step(title, work) {
  const began = Date.now()
  try {
    await work()
    passed += 1
    console.log(`ok ${passed + failed} - ${title}`)
    console.log(`# ${Date.now() - began} ms`)
  } catch (error) {
    failed += 1
    console.log(`not ok ${passed + failed} - ${title}`)
    console.log(`  error: ${error.message.split('\n').slice(0, 6).join(' | ')}`)
    throw error
  }
}

/** A story that ended by an error: one of a step is reported already. */
export function broken(error) {
  if (!failed) console.log(`not ok ${passed + (failed = 1)} - the stage is set\n  error: ${error.message}`)
}

/** The plan and the sums; true when all is well. */
export function summary() {
  console.log(`1..${passed + failed}`)
  console.log(`# ${passed} passed, ${failed} failed`)
  return failed === 0
}
