//! What costs an attacker something: the part of an address that cannot be had in thousands.
//!
//! A group is the /16 of a global IPv4 address, the /32 of a global IPv6 address (an embedded IPv4 address counts as
//! such), or the domain of the relay. A relay's domain is cut to its last two labels, three when the second last has
//! at most three letters: names below one's own domain cost nothing. Private and loopback addresses are their own
//! group each, with their port, so that tests and local networks work; where they are admitted is
//! `Settings::allow_private`. Must not know: who is behind an address.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use openred_core::{ids::NodeId, overlay::PeerEntry};

/// See the module. The text form is what is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The first two bytes of a global IPv4 address.
    V4([u8; 2]),
    /// The first four bytes of a global IPv6 address.
    V6([u8; 4]),
    /// The domain or address of the relay through which alone it is reached.
    Relay(Box<str>),
    /// A private or loopback address.
    Exact(SocketAddr),
}

impl Group {
    /// Group of an address; None for what cannot be dialled (unspecified, multicast, port 0).
    #[must_use]
    pub fn of(address: &SocketAddr) -> Option<Self> {
        if address.port() == 0 {
            return None;
        }
        match address.ip().to_canonical() {
            IpAddr::V4(ip) => of_v4(ip, address.port()),
            IpAddr::V6(ip) => of_v6(ip, address),
        }
    }

    /// Group of a relay's URL or host; None when there is no host in it.
    #[must_use]
    pub fn of_relay(url: &str) -> Option<Self> {
        let host = host_of(url);
        if host.is_empty() {
            return None;
        }
        if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            let group = Self::of(&SocketAddr::new(ip, 443))?;
            return Some(Self::Relay(group.to_string().into()));
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let labels: Vec<&str> = host.split('.').collect();
        let last = match labels.len() {
            0..=2 => labels.len(),
            n if labels.get(n - 2).is_some_and(|label| label.len() <= 3) => 3,
            _ => 2,
        };
        Some(Self::Relay(labels.get(labels.len() - last..)?.join(".").into()))
    }

    /// The groups under which an entry can be dialled, in its order, the relay last; without private addresses
    /// unless `private`.
    #[must_use]
    pub fn all_of(entry: &PeerEntry, private: bool) -> Vec<Self> {
        let mut groups = Vec::with_capacity(1);
        let direct =
            entry.addresses.iter().filter_map(Self::of).filter(|group| private || !group.is_private());
        for group in direct.chain(entry.quic_relay.as_deref().and_then(Self::of_relay)) {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    /// A private or loopback address.
    #[must_use]
    pub const fn is_private(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// Reached through a relay only.
    #[must_use]
    pub const fn is_relay(&self) -> bool {
        matches!(self, Self::Relay(_))
    }
}

fn of_v4(ip: Ipv4Addr, port: u16) -> Option<Group> {
    let [a, b, ..] = ip.octets();
    if ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast() {
        return None;
    }
    let shared = a == 100 && (64..128).contains(&b);
    if ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared || a == 0 || a >= 240 {
        return Some(Group::Exact(SocketAddr::new(IpAddr::V4(ip), port)));
    }
    Some(Group::V4([a, b]))
}

fn of_v6(ip: Ipv6Addr, address: &SocketAddr) -> Option<Group> {
    if ip.is_unspecified() || ip.is_multicast() {
        return None;
    }
    let [a, b, c, d, e, f, ..] = ip.octets();
    if a == 0x20 && b == 0x02 {
        return of_v4(Ipv4Addr::new(c, d, e, f), address.port());
    }
    if a & 0xe0 == 0x20 { Some(Group::V6([a, b, c, d])) } else { Some(Group::Exact(*address)) }
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if authority.starts_with('[') {
        return authority.split_once(']').map_or("", |(host, _)| host);
    }
    authority.split(':').next().unwrap_or("")
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4([a, b]) => write!(f, "{a}.{b}.0.0/16"),
            Self::V6([a, b, c, d]) => write!(f, "{a:02x}{b:02x}:{c:02x}{d:02x}::/32"),
            Self::Relay(host) => write!(f, "relay {host}"),
            Self::Exact(address) => write!(f, "{address}"),
        }
    }
}

/// A text that is not a group's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address group")]
pub struct NotAGroup;

impl FromStr for Group {
    type Err = NotAGroup;

    fn from_str(text: &str) -> Result<Self, NotAGroup> {
        if let Some(host) = text.strip_prefix("relay ") {
            return Ok(Self::Relay(host.into()));
        }
        if let Some(net) = text.strip_suffix(".0.0/16") {
            let (a, b) = net.split_once('.').ok_or(NotAGroup)?;
            return Ok(Self::V4([a.parse().map_err(|_| NotAGroup)?, b.parse().map_err(|_| NotAGroup)?]));
        }
        if let Some(net) = text.strip_suffix("::/32") {
            let (high, low) = net.split_once(':').ok_or(NotAGroup)?;
            let word = |text| u16::from_str_radix(text, 16).map_err(|_| NotAGroup);
            let ([a, b], [c, d]) = (word(high)?.to_be_bytes(), word(low)?.to_be_bytes());
            return Ok(Self::V6([a, b, c, d]));
        }
        text.parse().map(Self::Exact).map_err(|_| NotAGroup)
    }
}

/// Who brought a node to us first. Its group must differ where PROTOCOL §7 asks for independent nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Introducer {
    /// The owner: contacts, pins. Collides with nobody.
    Own,
    /// A directory.
    Directory(NodeId),
    /// A node of this group, or itself from this group.
    Group(Group),
}

impl fmt::Display for Introducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Directory(id) => write!(f, "directory {id}"),
            Self::Group(group) => write!(f, "group {group}"),
        }
    }
}

impl FromStr for Introducer {
    type Err = NotAGroup;

    fn from_str(text: &str) -> Result<Self, NotAGroup> {
        match text.split_once(' ') {
            None if text == "own" => Ok(Self::Own),
            Some(("directory", id)) => id.parse().map(Self::Directory).map_err(|_| NotAGroup),
            Some(("group", group)) => group.parse().map(Self::Group),
            _ => Err(NotAGroup),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Option<Group> {
        Group::of(&address.parse().expect("an address"))
    }

    #[test]
    fn addresses_fall_into_the_groups_that_cost_something() {
        assert_eq!(of("81.2.69.142:4433"), Some(Group::V4([81, 2])));
        assert_eq!(
            of("[::ffff:81.2.69.142]:4433"),
            Some(Group::V4([81, 2])),
            "the same host twice is one group"
        );
        assert_eq!(of("[2001:4860:1:2::8]:1"), Some(Group::V6([0x20, 0x01, 0x48, 0x60])));
        assert_eq!(of("[2002:5102:458e::1]:1"), Some(Group::V4([81, 2])), "6to4 makes no new group");
        assert_eq!(of("81.2.69.142:0"), None);
        assert_eq!(of("0.0.0.0:1"), None);
        assert_eq!(of("239.1.1.1:1"), None);
    }

    #[test]
    fn private_addresses_are_their_own_group_each() {
        assert_ne!(of("127.0.0.1:1"), of("127.0.0.1:2"));
        for text in ["10.0.0.1:1", "100.64.0.1:1", "169.254.0.1:1", "[fe80::1]:1", "[fd00::1]:1", "[::1]:1"] {
            assert!(of(text).expect("usable").is_private(), "{text} is nobody's global address");
        }
    }

    #[test]
    fn names_below_one_domain_are_one_relay() {
        let group = Group::of_relay("https://relay.example.org:8443/path");
        assert_eq!(group, Some(Group::Relay("example.org".into())));
        assert_eq!(Group::of_relay("https://A.B.C.Example.ORG."), group);
        assert_eq!(Group::of_relay("relay.somebody.co.uk"), Some(Group::Relay("somebody.co.uk".into())));
        assert_eq!(Group::of_relay("https://1.2.3.4/"), Group::of_relay("http://1.2.9.9:80"));
        assert_eq!(Group::of_relay("https://"), None);
    }

    #[test]
    fn what_is_stored_reads_back() {
        let groups = ["81.2.69.142:4433", "[2001:db8::8]:1", "127.0.0.1:7", "[::1]:9"]
            .map(|a| of(a).expect("a group"));
        for group in groups.into_iter().chain(Group::of_relay("relay.example")) {
            assert_eq!(group.to_string().parse(), Ok(group.clone()), "{group}");
            let introducer = Introducer::Group(group);
            assert_eq!(introducer.to_string().parse(), Ok(introducer));
        }
        let directory = Introducer::Directory(NodeId([7; 32]));
        assert_eq!(directory.to_string().parse(), Ok(directory));
        assert_eq!("own".parse(), Ok(Introducer::Own));
        assert_eq!("group nonsense".parse::<Introducer>(), Err(NotAGroup));
    }
}
