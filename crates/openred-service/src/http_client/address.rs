//! Which addresses are global, by the special-purpose registries of IANA (RFC 6890 and later). Knows numbers only.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::HttpError;

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressKind {
    /// Reachable from everywhere.
    Global,
    /// This machine.
    Loopback,
    /// A home or company network: RFC 1918, RFC 6598, unique local IPv6.
    Private,
    /// One link: 169.254.0.0/16 (with the metadata services of clouds), fe80::/10.
    LinkLocal,
    /// Many receivers, or everybody on the link.
    Multicast,
    /// Never a person's server: unspecified, documentation, benchmarks, tunnels, unassigned.
    Reserved,
}

/// Which private addresses may be called (`network.allow_private`); global ones always may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AllowPrivate {
    /// None: the setting of a node on the internet.
    #[default]
    Off,
    /// This machine: demo and tests.
    Loopback,
    /// This machine and private networks.
    Lan,
}

impl AddressKind {
    /// The kind of `address`. IPv4 inside IPv6 (mapped, NAT64, 6to4) counts as what it leads to.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => v4(address),
            IpAddr::V6(address) => v6(address),
        }
    }
}

impl AllowPrivate {
    /// Whether `address` may be called with encryption.
    pub fn admits(self, address: IpAddr) -> bool {
        self.check(address, false).is_ok()
    }

    /// Checks `address`; `plain` calls are for admitted private addresses only.
    pub(super) fn check(self, address: IpAddr, plain: bool) -> Result<(), HttpError> {
        let kind = AddressKind::of(address);
        let admitted = match kind {
            AddressKind::Global if plain => return Err(HttpError::PlainHttp),
            AddressKind::Global => true,
            AddressKind::Loopback => self != Self::Off,
            AddressKind::Private => self == Self::Lan,
            AddressKind::LinkLocal | AddressKind::Multicast | AddressKind::Reserved => false,
        };
        if admitted { Ok(()) } else { Err(HttpError::Refused { kind }) }
    }
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "global",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
        })
    }
}

fn v4(address: Ipv4Addr) -> AddressKind {
    match address.octets() {
        [127, ..] => AddressKind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => AddressKind::Private,
        [169, 254, ..] => AddressKind::LinkLocal,
        [224..=239, ..] | [255, 255, 255, 255] => AddressKind::Multicast,
        [0 | 240..=255, ..] | [192, 0, 0 | 2, _] | [192, 88, 99, _] => AddressKind::Reserved,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => AddressKind::Reserved,
        _ => AddressKind::Global,
    }
}

fn v6(address: Ipv6Addr) -> AddressKind {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        v4(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0] if (g, h) == (0, 1) => AddressKind::Loopback,
        [0x64, 0xff9b, 0, 0, 0, 0] => embedded(g, h),
        [0x2002, ..] => embedded(b, c),
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x5f00, ..] => AddressKind::Reserved,
        [0xfc00..=0xfdff, ..] => AddressKind::Private,
        [0xfe80..=0xfebf, ..] => AddressKind::LinkLocal,
        [0xff00..=0xffff, ..] => AddressKind::Multicast,
        [0x2000..=0x3fff, ..] => AddressKind::Global,
        _ => AddressKind::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_known() {
        for (text, kind) in [
            ("9.9.9.9", AddressKind::Global),
            ("172.15.0.1", AddressKind::Global),
            ("2620:fe::fe", AddressKind::Global),
            ("127.8.8.8", AddressKind::Loopback),
            ("::1", AddressKind::Loopback),
            ("::ffff:127.0.0.1", AddressKind::Loopback),
            ("64:ff9b::7f00:1", AddressKind::Loopback),
            ("64:ff9b::909:909", AddressKind::Global),
            ("2002:7f00:1::", AddressKind::Loopback),
            ("10.1.2.3", AddressKind::Private),
            ("172.31.255.255", AddressKind::Private),
            ("192.168.1.1", AddressKind::Private),
            ("100.64.0.1", AddressKind::Private),
            ("fd00::1", AddressKind::Private),
            ("169.254.169.254", AddressKind::LinkLocal),
            ("fe80::1", AddressKind::LinkLocal),
            ("224.0.0.251", AddressKind::Multicast),
            ("255.255.255.255", AddressKind::Multicast),
            ("ff02::fb", AddressKind::Multicast),
            ("0.0.0.0", AddressKind::Reserved),
            ("::", AddressKind::Reserved),
            ("::7f00:1", AddressKind::Reserved),
            ("198.19.0.1", AddressKind::Reserved),
            ("203.0.113.5", AddressKind::Reserved),
            ("2001:db8::1", AddressKind::Reserved),
            ("2001::1", AddressKind::Reserved),
            ("64:ff9b:1::1", AddressKind::Reserved),
            ("100::1", AddressKind::Reserved),
        ] {
            assert_eq!(AddressKind::of(text.parse().unwrap()), kind, "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_admitted_private_addresses_only() {
        let global = "9.9.9.9".parse().unwrap();
        let lan = "192.168.1.7".parse().unwrap();
        let own = "127.0.0.1".parse().unwrap();
        assert!(AllowPrivate::Off.admits(global) && !AllowPrivate::Off.admits(own));
        assert_eq!(AllowPrivate::Lan.check(global, true), Err(HttpError::PlainHttp));
        assert_eq!(AllowPrivate::Lan.check(lan, true), Ok(()));
        assert_eq!(AllowPrivate::Loopback.check(own, true), Ok(()));
        assert_eq!(
            AllowPrivate::Loopback.check(lan, true),
            Err(HttpError::Refused { kind: AddressKind::Private })
        );
        assert!(
            !AllowPrivate::Lan.admits("169.254.169.254".parse().unwrap()),
            "metadata services are never admitted"
        );
    }
}
