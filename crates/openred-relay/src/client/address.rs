//! `URL#node_id`: where a relay answers and who it must be. Must not know: calls.

use std::fmt;
use std::str::FromStr;

use openred_core::ids::NodeId;
use url::Url;

/// Longest text, bytes: an URL of 255 (Annex A.1) and the id.
const TEXT_BYTES_MAX: usize = 255 + 1 + 64;

/// Where a relay answers, and its id: another relay at the same address is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAddress {
    /// `https`, or `http` where private addresses may be called.
    pub url: Url,
    /// relay_id.
    pub node_id: NodeId,
}

/// A text that is no `URL#node_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a relay is written as URL#id, the id being 64 hex digits")]
pub struct AddressError;

impl FromStr for RelayAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (url, id) = text.split_once('#').filter(|_| text.len() <= TEXT_BYTES_MAX).ok_or(AddressError)?;
        let node_id = id.parse().map_err(|_| AddressError)?;
        let url = Url::parse(url).map_err(|_| AddressError)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none();
        if plain { Ok(Self { url, node_id }) } else { Err(AddressError) }
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.url.as_str().trim_end_matches('/'), self.node_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_and_others_are_refused() {
        let id = "ab".repeat(32);
        for url in ["https://relay.example", "http://127.0.0.1:7500", "https://example.org/relay"] {
            let text = format!("{url}#{id}");
            assert_eq!(text.parse::<RelayAddress>().unwrap().to_string(), text);
        }
        for url in
            ["relay.example", "ftp://relay.example", "https://u:p@relay.example", "https://r.example/?a=1"]
        {
            assert_eq!(format!("{url}#{id}").parse::<RelayAddress>(), Err(AddressError), "{url}");
        }
        assert_eq!("https://relay.example".parse::<RelayAddress>(), Err(AddressError), "no id");
        assert_eq!(format!("https://relay.example#{}", &id[1..]).parse::<RelayAddress>(), Err(AddressError));
    }
}
