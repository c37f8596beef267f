//! Rules that a test can take away, to show that the simulator notices: one name, one place in the code.

crate::faults::faults! {
    "no-dedupe",
    "ttl-unchecked",
    "expired-accepted",
    "quota-ignored",
    "penalty-to-origin",
    "prune-ignored",
    "graft-never",
    "reconcile-misses-nothing",
    "boost-fed-into-r",
    "anchors-forgotten",
}
