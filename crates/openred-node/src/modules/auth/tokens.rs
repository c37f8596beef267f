//! Tokens of API clients: a short access token (JWT, RFC 7519, HS256) and a refresh token that changes with each use.
//! An old refresh token that comes again was stolen, or its thief came first: the client is logged out.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DEVICE_MS, hash_of, secret_text, store};
use crate::{api::Api, error::NodeError};

/// Life of an access token.
const ACCESS_S: u64 = 15 * 60;

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iat: u64,
    exp: u64,
}

/// What a client gets.
#[derive(Serialize, ToSchema)]
pub struct Pair {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// Good for one `POST /tokens/refresh`, within 90 days.
    pub refresh_token: String,
    /// Seconds that the access token lives.
    pub expires_in: u64,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pair(…)")
    }
}

/// A new client.
pub async fn create(api: &Api, name: String) -> Result<Pair, NodeError> {
    let key = api.auth.signing()?;
    let (secret, now) = (secret_text()?, api.deps.clock.now_ms());
    let hash = hash_of(&secret);
    let id = api
        .deps
        .write_plain(move |tx| store::add(tx, store::Kind::Api, &hash, &name, now, now + DEVICE_MS))
        .await?;
    pair(&key, id, &secret, now)
}

/// The next pair.
pub async fn refresh(api: &Api, refresh_token: &str) -> Result<Pair, NodeError> {
    let key = api.auth.signing()?;
    let (id, old) = refresh_token.split_once('.').ok_or(NodeError::LoginRequired)?;
    let id: i64 = id.parse().map_err(|_| NodeError::LoginRequired)?;
    let (secret, now) = (secret_text()?, api.deps.clock.now_ms());
    let (old, new) = (hash_of(old), hash_of(&secret));
    let renewed = api
        .deps
        .write_plain(move |tx| {
            let renewed = store::renew(tx, id, &old, &new, now, now + DEVICE_MS)?;
            if !renewed && store::client(tx, id, now)?.is_some() {
                store::remove(tx, id)?;
            }
            Ok(renewed)
        })
        .await?;
    if !renewed {
        return Err(NodeError::LoginRequired);
    }
    pair(&key, id, &secret, now)
}

/// Number of the client that an access token names; none for tokens that are not ours or too old.
pub(super) fn client_of(key: &[u8; 32], token: &str, now_ms: u64) -> Option<i64> {
    let mut rules = Validation::new(Algorithm::HS256);
    // The end is compared with the node's own clock below.
    rules.validate_exp = false;
    rules.required_spec_claims.clear();
    let claims = decode::<Claims>(token, &DecodingKey::from_secret(key), &rules).ok()?.claims;
    (now_ms / 1_000 < claims.exp).then(|| claims.sub.parse().ok())?
}

fn pair(key: &[u8; 32], id: i64, secret: &str, now_ms: u64) -> Result<Pair, NodeError> {
    let iat = now_ms / 1_000;
    let claims = Claims { sub: id.to_string(), iat, exp: iat + ACCESS_S };
    let access_token = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(key))
        .map_err(|e| NodeError::Internal(e.to_string()))?;
    Ok(Pair { access_token, refresh_token: format!("{id}.{secret}"), expires_in: ACCESS_S })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_token_ends_and_cannot_be_made_up() {
        let now = 1_800_000_000_000;
        let token = pair(&[1; 32], 7, "x", now).unwrap().access_token;
        assert_eq!(client_of(&[1; 32], &token, now), Some(7));
        assert_eq!(client_of(&[2; 32], &token, now), None, "another key");
        assert_eq!(client_of(&[1; 32], &token, now + ACCESS_S * 1_000), None, "too old");
        let (_, rest) = token.split_once('.').unwrap();
        let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{rest}");
        assert_eq!(client_of(&[1; 32], &none, now), None, "no algorithm");
    }
}
