//! What a request says about where it came from: address, name, transport, site. Knows headers, not people.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderMap, Method, header, request::Parts};
use openred_service::problem::Problem;

use crate::api::Api;

/// Where a request came from.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Address of the other end, or what a proxy on this machine told of it.
    pub address: Option<IpAddr>,
    /// Name in the `Host` header, without port, lower case.
    pub host: String,
    /// Browser and node are on the same machine: open http harms nobody.
    pub local: bool,
    /// TLS, ended by a proxy on this machine.
    pub secure: bool,
    /// Name for the list of devices, from the browser's own words.
    pub device: String,
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Ok(Self::of(parts, api))
    }
}

impl Caller {
    /// Reads it.
    pub fn of(parts: &Parts, api: &Api) -> Self {
        let address =
            parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        let host = host_of(parts).unwrap_or_default();
        let secure = api.place.behind_proxy && text(&parts.headers, "x-forwarded-proto") == Some("https");
        let here = address.is_some_and(|a| a.is_loopback());
        let local = here && is_loopback_name(&host);
        Self { address, host, local, secure, device: device_name(&parts.headers) }
    }

    /// Refuses secrets over open http from another machine.
    ///
    /// # Errors
    /// 403 `insecure_transport`, with the way that works.
    pub fn must_be_private(&self, api: &Api) -> Result<(), Problem> {
        if self.local || self.secure {
            return Ok(());
        }
        let port = api.place.port;
        let machine = if self.host.is_empty() { "THAT-MACHINE" } else { &self.host };
        Err(Problem::insecure_transport()
            .detail(format!(
                "This connection is open http from another machine: anybody between could read your passphrase. \
                 On your machine run: ssh -L {port}:127.0.0.1:{port} {machine} and open http://localhost:{port}/"
            ))
            .with("command", format!("ssh -L {port}:127.0.0.1:{port} {machine}")))
    }
}

/// Name in the `Host` header (or of an HTTP/2 request), without port, lower case.
pub fn host_of(parts: &Parts) -> Option<String> {
    let host =
        text(&parts.headers, header::HOST.as_str()).or_else(|| parts.uri.authority().map(|a| a.as_str()))?;
    Some(name_of(host))
}

/// The name of `name:port`.
fn name_of(authority: &str) -> String {
    let name = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(name, _)| name),
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// `localhost`, names under it (RFC 6761), 127.0.0.0/8 and ::1.
pub fn is_loopback_name(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a request may change something: reading methods always, others only from the node's own pages.
/// `must_say`: a browser's request without any word on its origin is refused too.
pub fn same_site(method: &Method, headers: &HeaderMap, must_say: bool) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let site = text(headers, "sec-fetch-site");
    let origin = text(headers, header::ORIGIN.as_str());
    let same_origin = || {
        let (Some(origin), Some(host)) = (origin, text(headers, header::HOST.as_str())) else { return false };
        origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host))
    };
    let good = match (site, origin) {
        (Some("same-origin"), _) => true,
        (Some(_), _) => false,
        (None, Some(_)) => same_origin(),
        (None, None) => !must_say,
    };
    if good { Ok(()) } else { Err(Problem::bad_origin().detail("only this node's own pages may do this")) }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// "Firefox on Linux", from the browser's own words.
fn device_name(headers: &HeaderMap) -> String {
    let agent = text(headers, header::USER_AGENT.as_str()).unwrap_or_default();
    let first =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|n| n.1);
    let browser = first(&[
        ("Firefox", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
        ("curl", "curl"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "A browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_the_nodes_own_pages_may_write() {
        let host = ("host", "localhost:7390");
        for (said, must_say, good) in [
            (&[host, ("sec-fetch-site", "same-origin")][..], true, true),
            (&[host, ("sec-fetch-site", "same-site"), ("origin", "http://localhost:7390")], true, false),
            (&[host, ("sec-fetch-site", "cross-site")], false, false),
            (&[host, ("origin", "http://localhost:7390")], true, true),
            (&[host, ("origin", "http://localhost:9999")], true, false),
            (&[host, ("origin", "null")], false, false),
            (&[host], true, false),
            (&[host], false, true),
        ] {
            assert_eq!(same_site(&Method::POST, &headers(said), must_say).is_ok(), good, "{said:?}");
            assert!(same_site(&Method::GET, &headers(said), true).is_ok(), "reading is free");
        }
    }

    #[test]
    fn names_are_read_without_their_ports() {
        for (host, name, loopback) in [
            ("localhost:7390", "localhost", true),
            ("[::1]:7390", "::1", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("ana.localhost:1", "ana.localhost", true),
            ("Evil.Example.:80", "evil.example", false),
            ("localhost.evil.example", "localhost.evil.example", false),
        ] {
            assert_eq!(name_of(host), name);
            assert_eq!(is_loopback_name(name), loopback, "{name}");
        }
    }
}
