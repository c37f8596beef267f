//! Rules that a test can take away, to show that the model notices: one name, one place in the code.

crate::faults::faults! {
    "no-tie-break",
    "snapshot-not-taken",
    "snapshot-never-shredded",
    "lost-branch-not-resent",
    "change-not-remade",
    "removal-not-remade",
    "messages-before-removal",
    "own-commit-without-order",
    "early-message-dropped",
    "refusal-ignored",
    "never-compared",
    "minority-not-readded",
    "last-wins",
}
