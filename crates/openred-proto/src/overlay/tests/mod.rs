//! The overlay told as stories: one machine among made-up neighbours, and small networks in virtual time.

mod people;
mod solo;
mod stories;
