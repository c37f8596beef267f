//! One stream per recipient: things in order, each at its place, until they are acknowledged. Knows no audience.

pub mod store;
