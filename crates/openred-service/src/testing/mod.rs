//! Means of tests that several crates need. Nothing of the product calls it.

mod postgres;
mod redis;
mod watched;

pub use postgres::{PrivatePostgres, postgres, postgres_alone, postgres_with_tls};
pub use redis::{PrivateRedis, redis};
