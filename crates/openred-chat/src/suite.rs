//! The cipher suites a conversation can have (PROTOCOL §8). Must not know keys.

use openmls_traits::types::Ciphersuite;
use serde::{Deserialize, Serialize};

/// Most members a conversation may begin with to get the hybrid suite: its commits grow by 3 kB for each.
pub const HYBRID_MEMBERS_MAX: usize = 8;

/// A cipher suite, by its number in the MLS registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum Suite {
    /// 0x0001, mandatory: X25519, AES-128-GCM, SHA-256, Ed25519.
    Classic,
    /// 0x004F: X-Wing (ML-KEM-768 with X25519), AES-128-GCM, SHA-256, Ed25519. The number is provisional.
    Hybrid,
    /// 0x004E: X-Wing, AES-256-GCM, SHA-384, Ed25519, where somebody asks for it. The number is provisional.
    Hybrid256,
}

/// A number of no suite that this version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cipher suite {0:#06x} is not known")]
pub struct UnknownSuite(pub u16);

impl Suite {
    /// All that this version can do, the mandatory one first.
    pub const ALL: [Self; 3] = [Self::Classic, Self::Hybrid, Self::Hybrid256];

    /// The number in the registry.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Classic => 0x0001,
            Self::Hybrid => 0x004F,
            Self::Hybrid256 => 0x004E,
        }
    }

    /// The suite of a new conversation: what each member lists, the creator included. `strong` asks for 0x004E, which
    /// is given where everybody lists it.
    #[must_use]
    pub fn choose(listed: &[&[Self]], strong: bool) -> Self {
        let everybody = |suite| listed.iter().all(|one| one.contains(&suite));
        if strong && everybody(Self::Hybrid256) {
            Self::Hybrid256
        } else if listed.len() <= HYBRID_MEMBERS_MAX && everybody(Self::Hybrid) {
            Self::Hybrid
        } else {
            Self::Classic
        }
    }

    pub(crate) const fn of_mls(suite: Ciphersuite) -> Option<Self> {
        match suite {
            Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519 => Some(Self::Classic),
            Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519 => Some(Self::Hybrid),
            Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519 => Some(Self::Hybrid256),
            _ => None,
        }
    }

    pub(crate) const fn mls(self) -> Ciphersuite {
        match self {
            Self::Classic => Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
            Self::Hybrid => Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519,
            Self::Hybrid256 => Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519,
        }
    }
}

impl TryFrom<u16> for Suite {
    type Error = UnknownSuite;

    fn try_from(code: u16) -> Result<Self, UnknownSuite> {
        Self::ALL.into_iter().find(|suite| suite.code() == code).ok_or(UnknownSuite(code))
    }
}

impl From<Suite> for u16 {
    fn from(suite: Suite) -> Self {
        suite.code()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hybrid_suite_is_for_small_groups_where_everybody_has_it() {
        let (all, old) = (Suite::ALL.as_slice(), [Suite::Classic].as_slice());
        assert_eq!(Suite::choose(&[all, all], false), Suite::Hybrid);
        assert_eq!(Suite::choose(&[all, old], false), Suite::Classic, "one does not list it");
        assert_eq!(Suite::choose(&[all; 8], false), Suite::Hybrid);
        assert_eq!(Suite::choose(&[all; 9], false), Suite::Classic, "nine members");
        assert_eq!(Suite::choose(&[all; 9], true), Suite::Hybrid256, "asked for");
        assert_eq!(Suite::choose(&[all, old], true), Suite::Classic);
    }

    #[test]
    fn numbers_are_those_of_the_registry() {
        for suite in Suite::ALL {
            assert_eq!(Suite::try_from(suite.code()), Ok(suite));
            assert_eq!(u16::from(suite.mls()), suite.code());
            assert_eq!(Suite::of_mls(suite.mls()), Some(suite));
        }
        assert_eq!(Suite::try_from(0x0002), Err(UnknownSuite(2)));
    }
}
