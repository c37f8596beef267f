//! mDNS and DNS-SD (RFC 6762, RFC 6763): one service, `_openred._udp`, in the networks of this machine that its endpoint
//! is bound to. What others say there is read within bounds; anybody can say anything.
//!
//! Must not know: whose marks these are.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
};

use mdns_sd::{
    Error, IfKind, Receiver, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo, TxtProperty,
};
use openred_service::http_client::AddressKind;

use super::marks::Mark;

const SERVICE: &str = "_openred._udp.local.";
/// Marks of one TXT string, which has 255 bytes at most.
const MARKS_OF_ONE: usize = 16;
/// TXT strings with marks.
const KEYS: [&str; 2] = ["m0", "m1"];

/// Another node in the local network.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    /// Where it says to be.
    pub(super) addresses: Vec<SocketAddr>,
    /// What it shows.
    pub(super) marks: Vec<Mark>,
}

/// What is heard.
#[derive(Debug)]
pub(super) enum News {
    /// Somebody is there, under this name.
    Seen(String, Sighting),
    /// Not any more.
    Gone(String),
}

/// The way into the local network. Dropped, it says goodbye.
pub(super) struct Radio {
    daemon: ServiceDaemon,
    heard: Receiver<ServiceEvent>,
    at: IpAddr,
}

impl Radio {
    /// Listens in all networks of this machine for an endpoint that is bound to all addresses, else in that of `at`.
    pub(super) fn open(at: IpAddr) -> Result<Self, Error> {
        let daemon = ServiceDaemon::new()?;
        if at.is_unspecified() {
            daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
        } else {
            daemon.disable_interface(IfKind::All)?;
            daemon.enable_interface(IfKind::Addr(at))?;
        }
        let heard = daemon.browse(SERVICE)?;
        Ok(Self { daemon, heard, at })
    }

    /// Shows this node, or its new marks under the same name.
    pub(super) fn show(&self, name: &str, port: u16, marks: &BTreeSet<Mark>) -> Result<(), Error> {
        let (host, texts) = (format!("{name}.local."), texts(marks));
        let at = if self.at.is_unspecified() { String::new() } else { self.at.to_string() };
        let mut service = ServiceInfo::new(SERVICE, name, &host, at.as_str(), port, texts)?;
        if self.at.is_unspecified() {
            service = service.enable_addr_auto();
        }
        // Nobody else has this random name.
        service.set_requires_probe(false);
        self.daemon.register(service)
    }

    /// Takes it back.
    pub(super) fn hide(&self, name: &str) {
        // When the daemon is gone, so is what it showed.
        let _ = self.daemon.unregister(&format!("{name}.{SERVICE}"));
    }

    /// The next thing heard; none when the daemon has stopped.
    pub(super) async fn next(&self) -> Option<News> {
        loop {
            match self.heard.recv_async().await.ok()? {
                ServiceEvent::ServiceResolved(seen) => {
                    let Some(name) = name_of(&seen.fullname) else { continue };
                    return Some(News::Seen(name, sighting(&seen, self.at.is_loopback())));
                }
                ServiceEvent::ServiceRemoved(_, full) => {
                    let Some(name) = name_of(&full) else { continue };
                    return Some(News::Gone(name));
                }
                _ => {}
            }
        }
    }
}

impl Drop for Radio {
    fn drop(&mut self) {
        let _ = self.daemon.shutdown();
    }
}

fn name_of(full: &str) -> Option<String> {
    Some(full.strip_suffix(SERVICE)?.strip_suffix('.')?.to_owned())
}

fn texts(marks: &BTreeSet<Mark>) -> Vec<TxtProperty> {
    let all: Vec<Mark> = marks.iter().copied().collect();
    let parts = KEYS.iter().zip(all.chunks(MARKS_OF_ONE));
    parts.map(|(key, part)| TxtProperty::from((*key, part.concat()))).collect()
}

fn sighting(seen: &ResolvedService, on_loopback: bool) -> Sighting {
    let texts = KEYS.iter().filter_map(|key| seen.get_property_val(key)?);
    let marks = texts.flat_map(|text| text.as_chunks().0).take(KEYS.len() * MARKS_OF_ONE).copied().collect();
    let ips = seen.get_addresses().iter().map(mdns_sd::ScopedIp::to_ip_addr);
    let mut addresses: Vec<SocketAddr> = ips
        .filter(|ip| match AddressKind::of(*ip) {
            AddressKind::Global | AddressKind::Private => true,
            AddressKind::Loopback => on_loopback,
            AddressKind::LinkLocal | AddressKind::Multicast | AddressKind::Reserved => false,
        })
        .map(|ip| SocketAddr::new(ip, seen.port))
        .filter(|at| at.port() != 0)
        .collect();
    addresses.sort_unstable();
    Sighting { addresses, marks }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(marks: &BTreeSet<Mark>, at: &str) -> ResolvedService {
        let name = "0011223344556677";
        let info =
            ServiceInfo::new(SERVICE, name, "0011223344556677.local.", at, 7717, texts(marks)).unwrap();
        info.as_resolved_service()
    }

    #[test]
    fn thirty_two_marks_are_shown_and_read_again() {
        let marks: BTreeSet<Mark> = (0..32_u8).map(|n| [n, 0, 255, n, b'=', 1, 2, n]).collect();
        let read = sighting(&shown(&marks, "192.168.1.7"), false);
        assert_eq!(read.marks, marks.into_iter().collect::<Vec<_>>());
        assert_eq!(read.addresses, ["192.168.1.7:7717".parse().unwrap()]);
    }

    #[test]
    fn only_addresses_that_can_be_in_a_local_network_are_taken() {
        let read = |at, on_loopback| sighting(&shown(&BTreeSet::new(), at), on_loopback).addresses.len();
        assert_eq!(read("10.1.2.3,192.168.0.9", false), 2);
        assert_eq!(read("127.0.0.1", false), 0, "this machine itself");
        assert_eq!(read("127.0.0.1", true), 1, "unless that is where this node is");
        assert_eq!(read("224.0.0.251,0.0.0.0,169.254.3.4", false), 0);
    }

    #[test]
    fn names_of_other_services_are_none() {
        assert_eq!(name_of("ab12._openred._udp.local."), Some("ab12".to_owned()));
        assert_eq!(name_of("ab12._http._tcp.local."), None);
    }
}
