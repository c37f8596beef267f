//! The overlay told as stories: one machine among made-up neighbours, and small networks in virtual time.

mod network;
mod people;
mod shape;
mod solo;
mod stories;
mod world;
