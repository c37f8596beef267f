//! Integration tests of openred-core: frozen vectors and properties, one module per format.
#![cfg(test)]

mod calls;
mod envelope;
mod frame;
mod fuzz;
mod grant;
mod hello;
mod identity;
mod identity_thief;
mod identity_vectors;
mod json;
mod mail;
mod overlay;
mod payload;
mod people;
mod token;
