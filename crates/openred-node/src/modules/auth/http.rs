//! Endpoints of set-up, log-in, devices and tokens: what they share stands here.

pub mod clients;
pub mod devices;
pub mod first_run;
pub mod login;
pub mod session;

use http::{HeaderMap, header::SET_COOKIE};
use openred_keeper::{ops::AuditKind, secret::Secret};
use openred_service::{limits::Prefix, problem::Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::{DEVICE_MS, caller::Caller, cookie, guard, hash_of, secret_text, store};
use crate::{api::Api, modules::audit};

/// A secret in a body: a text that is wiped and never printed.
#[derive(ToSchema)]
#[schema(value_type = String)]
pub struct SecretText(Zeroizing<String>);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl SecretText {
    /// For the keeper.
    pub fn secret(&self) -> Secret {
        Secret::text(&self.0)
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Adds this browser to the devices; the cookie to give it.
async fn log_in(api: &Api, caller: &Caller, headers: &HeaderMap) -> Result<HeaderMap, Problem> {
    let (token, now) = (secret_text()?, api.deps.clock.now_ms());
    let (hash, name) = (hash_of(&token), caller.device.clone());
    let replaced = guard::device_of(api, headers, caller).await?;
    let old = replaced.as_ref().map(|(device, _)| device.id);
    api.deps
        .write_plain(move |tx| {
            if let Some(old) = old {
                store::remove(tx, old)?;
            }
            store::add(tx, store::Kind::Browser, &hash, &name, now, now + DEVICE_MS)
        })
        .await?;
    audit::note(&api.deps, AuditKind::Login, None, "a browser logged in").await;
    let others: Vec<String> = cookie::tokens(headers, caller)
        .into_iter()
        .filter(|t| replaced.as_ref().is_none_or(|(_, own)| own != t))
        .collect();
    let mut answer = HeaderMap::new();
    answer.insert(SET_COOKIE, cookie::give(&token, &others, caller));
    Ok(answer)
}

/// The same, and every other device is logged out.
async fn log_in_alone(api: &Api, caller: &Caller, headers: &HeaderMap) -> Result<HeaderMap, Problem> {
    api.deps.write_plain(|tx| store::remove_others(tx, 0)).await?;
    log_in(api, caller, headers).await
}

/// Guessing is slowed down by address; the machine itself shares one place.
fn slow(api: &Api, caller: &Caller) -> Result<(), Problem> {
    let place = caller.address.filter(|a| !a.is_loopback()).map(Prefix::of);
    api.auth.0.tries.take(place, api.deps.clock.monotonic_ms())?;
    Ok(())
}
