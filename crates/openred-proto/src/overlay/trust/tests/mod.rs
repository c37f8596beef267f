//! What an observer, ana, thinks of others.

mod attacks;
mod friends;
mod rules;
mod statements;
mod world;
