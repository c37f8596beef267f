//! Means of tests that several crates need. Nothing of the product calls it.

mod postgres;

pub use postgres::{PrivatePostgres, postgres};
