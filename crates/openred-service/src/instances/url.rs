//! Where Redis answers. Must not know: what is said there.

use std::fmt;
use std::str::FromStr;

use redis::Client;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// `redis://HOST[:PORT]`, `rediss://HOST[:PORT]` (TLS) or `redis+unix://PATH`. It may hold a password, so `Debug` does not
/// show it.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(Zeroizing<String>);

/// The address of a Redis server cannot be read; it is not repeated, for it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a Redis server: expected redis://HOST[:PORT], rediss://… or redis+unix://PATH")]
pub struct BadRedisUrl;

impl RedisUrl {
    /// Opens nothing yet.
    pub(super) fn client(&self) -> Result<Client, BadRedisUrl> {
        Client::open(self.0.as_str()).map_err(|_| BadRedisUrl)
    }
}

impl FromStr for RedisUrl {
    type Err = BadRedisUrl;

    fn from_str(text: &str) -> Result<Self, BadRedisUrl> {
        let url = Self(Zeroizing::new(text.to_owned()));
        url.client()?;
        Ok(url)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(…)")
    }
}

impl<'de> Deserialize<'de> for RedisUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
