//! Who calls, when a reverse proxy on this machine stands in between. Knows one header.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

/// The address that the proxy saw: the last of `X-Forwarded-For`, since earlier ones are the caller's own words.
/// Only a proxy on loopback is believed.
pub(super) fn behind_proxy(headers: &HeaderMap, connected: SocketAddr) -> SocketAddr {
    if !connected.ip().to_canonical().is_loopback() {
        return connected;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    let last = last.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    last.map_or(connected, |address| SocketAddr::new(address, 0))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_last_word_of_a_local_proxy_counts() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.66"));
        headers.append("x-forwarded-for", HeaderValue::from_static("203.0.113.77, 192.0.2.1"));
        let seen = |from: &str| behind_proxy(&headers, from.parse().unwrap()).to_string();
        assert_eq!(seen("127.0.0.1:4000"), "192.0.2.1:0");
        assert_eq!(seen("198.51.100.9:4000"), "198.51.100.9:4000", "a stranger claimed an address");
        headers.insert("x-forwarded-for", HeaderValue::from_static("nonsense"));
        assert_eq!(behind_proxy(&headers, "127.0.0.1:4000".parse().unwrap()).to_string(), "127.0.0.1:4000");
    }
}
