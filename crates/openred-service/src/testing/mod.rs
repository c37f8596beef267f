//! Means of tests that several crates need. Nothing of the product calls it.

mod postgres;
mod redis;
mod watched;

pub use postgres::{PrivatePostgres, postgres, postgres_alone};
pub use redis::{PrivateRedis, redis};
