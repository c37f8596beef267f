//! Whom a call is counted under: the prefix of the caller's address.
//!
//! Must not know: limits. Addresses are looked at here, never kept or logged.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::extract::Request;
use openred_service::limits::Prefix;

/// The prefix of who sent `request`; `behind_proxy`: of the last entry of `X-Forwarded-For`.
pub(super) fn prefix(request: &Request, behind_proxy: bool) -> Prefix {
    let forwarded = if behind_proxy { forwarded(request) } else { None };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    Prefix::of(forwarded.or(peer).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)))
}

/// The last entry is the one that one's own proxy wrote; the others are the caller's word.
fn forwarded(request: &Request) -> Option<IpAddr> {
    let header = request.headers().get_all("x-forwarded-for").iter().next_back()?;
    let last = header.to_str().ok()?.rsplit(',').next()?.trim();
    let address = last.parse::<IpAddr>().ok();
    address.or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn from(peer: &str, forwarded: &[&str]) -> Request {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        for value in forwarded {
            request.headers_mut().append("x-forwarded-for", value.parse().unwrap());
        }
        request
    }

    fn of(address: &str) -> Prefix {
        Prefix::of(address.parse().unwrap())
    }

    #[test]
    fn a_forwarded_address_counts_only_behind_a_proxy_and_only_its_last_entry() {
        let request = from("10.0.0.1:1234", &["203.0.113.7", "198.51.100.1, 192.0.2.44"]);
        assert_eq!(prefix(&request, false), of("10.0.0.1"));
        assert_eq!(prefix(&request, true), of("192.0.2.44"));
        assert_eq!(prefix(&from("10.0.0.1:1234", &["nonsense"]), true), of("10.0.0.1"));
    }
}
