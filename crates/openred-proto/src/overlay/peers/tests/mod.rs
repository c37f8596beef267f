//! People who link with each other, and who would like to prevent it.

mod announcing;
mod cut;
mod eclipse;
mod people;
mod slots;
mod world;
