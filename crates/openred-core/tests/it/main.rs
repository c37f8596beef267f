//! Integration tests of openred-core: frozen vectors and properties, one module per format.
#![cfg(test)]

mod envelope;
mod fuzz;
mod json;
mod payload;
mod token;
