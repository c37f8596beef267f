//! Names to addresses, once per connection, keeping only addresses that may be called. Knows the system's resolver.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{AllowPrivate, HttpError};

/// The resolver of one client; its answer is what the client dials, so nothing is asked twice.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) allow: AllowPrivate,
    pub(super) plain: bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, plain) = (self.allow, self.plain);
        Box::pin(async move {
            let found =
                tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| HttpError::Unreachable)?;
            Ok(Box::new(admitted(found, allow, plain)?.into_iter()) as Addrs)
        })
    }
}

/// The addresses that may be called, or why the first of them may not.
fn admitted(
    found: impl Iterator<Item = SocketAddr>,
    allow: AllowPrivate,
    plain: bool,
) -> Result<Vec<SocketAddr>, HttpError> {
    let mut kept = Vec::new();
    let mut refusal = HttpError::Unreachable;
    for address in found {
        match allow.check(address.ip(), plain) {
            Ok(()) => kept.push(address),
            Err(error) => refusal = error,
        }
    }
    if kept.is_empty() { Err(refusal) } else { Ok(kept) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_addresses_only_the_admitted_are_dialled() {
        let found: Vec<SocketAddr> =
            ["127.0.0.1:0", "9.9.9.9:0", "10.0.0.1:0"].map(|text| text.parse().unwrap()).into();
        assert_eq!(admitted(found.clone().into_iter(), AllowPrivate::Off, false), Ok(vec![found[1]]));
        assert_eq!(admitted(found.clone().into_iter(), AllowPrivate::Loopback, true), Ok(vec![found[0]]));
        assert!(matches!(
            admitted(found.into_iter(), AllowPrivate::Off, true),
            Err(HttpError::Refused { .. })
        ));
    }
}
