//! The owner's settings. One JSON value; directories have their own table. Rules; SQL is in `store`, HTTP in `http`.

pub mod http;
pub mod store;

use openred_core::{call::Flags, ids::NodeId};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::{
    deps::Deps,
    error::NodeError,
    net::{relays::store as relays, store as net},
};

/// Directories at once.
pub const DIRECTORIES_MAX: usize = 16;
/// Relays at once: as many as contacts are told (Annex A.2).
pub const RELAYS_MAX: usize = 4;

/// Pictures of friends' messages up to this size are fetched unasked, unless the owner says otherwise; bytes.
const FETCH_PICTURES_MAX: u64 = 10_000_000;

/// How long a message may be taken back unless the owner says otherwise, and at most; seconds.
const UNDO_SEND_S: u8 = 10;
/// At most.
pub const UNDO_SEND_S_MAX: u8 = 30;

/// Language of the app; empty follows the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub enum Language {
    /// The browser's.
    #[default]
    #[serde(rename = "")]
    Browser,
    /// English.
    #[serde(rename = "en")]
    English,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

/// Colours of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// The system's.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Who sees a new post unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Friends.
    #[default]
    Friends,
    /// Nobody.
    Private,
}

/// Who may write to the owner without being a friend: it waits among the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageRequests {
    /// Everybody.
    #[default]
    Everybody,
    /// People who are in a group with the owner, were introduced by a friend, follow the owner or are followed.
    Known,
    /// Nobody.
    Nobody,
}

/// What directories may show (Annex A.3). Off until the owner says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Discoverable {
    /// Found by the exact user name.
    pub name: bool,
    /// Found by a piece of the names.
    pub text: bool,
    /// Listed among those seen of late.
    pub recent: bool,
}

impl Discoverable {
    /// The directory flags.
    pub fn flags(self) -> u8 {
        [(self.name, Flags::NAME), (self.text, Flags::TEXT), (self.recent, Flags::RECENT)]
            .into_iter()
            .filter(|(on, _)| *on)
            .fold(0, |flags, (_, bit)| flags | bit)
    }
}

/// The stored value. Missing members read as their defaults, so that older values stay good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// See [`Language`].
    pub language: Language,
    /// See [`Theme`].
    pub theme: Theme,
    /// See [`Visibility`].
    pub default_visibility: Visibility,
    /// See [`Discoverable`].
    pub discoverable: Discoverable,
    /// Whether strangers may ask to become friends; invitations work either way.
    pub allow_requests: bool,
    /// See [`MessageRequests`].
    pub allow_message_requests: MessageRequests,
    /// How long a message of a conversation may be taken back before it leaves, seconds, at most 30.
    pub undo_send_s: u8,
    /// Whether others are told what the owner has read.
    pub read_receipts: bool,
    /// Pictures and recordings of messages up to this size are fetched unasked, bytes; 0: none.
    pub fetch_pictures_max: u64,
    /// Whether friends see that the owner is writing, and the owner that they are.
    pub typing_signs: bool,
    /// Whether the owner is told of being named in a muted conversation.
    pub mention_notices: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Language::default(),
            theme: Theme::default(),
            default_visibility: Visibility::default(),
            discoverable: Discoverable::default(),
            allow_requests: true,
            allow_message_requests: MessageRequests::default(),
            undo_send_s: UNDO_SEND_S,
            read_receipts: true,
            fetch_pictures_max: FETCH_PICTURES_MAX,
            typing_signs: false,
            mention_notices: true,
        }
    }
}

/// The address of a directory or relay as the owner writes it, `https://HOST[:PORT]` or with `#node_id` to pin it. Open
/// http is taken for this machine only. `field`: what a refusal names.
pub fn server_address(field: &'static str, text: &str) -> Result<(String, Option<NodeId>), NodeError> {
    let bad = |detail: &str| NodeError::invalid(field, format!("{text:?}: {detail}"));
    let mut url =
        Url::parse(text.trim()).map_err(|_| bad("this is not an address: write it as https://…"))?;
    let pin = match url.fragment() {
        Some(pin) => {
            Some(pin.parse().map_err(|_| bad("after # stands the id of who is to answer, 64 digits"))?)
        }
        None => None,
    };
    url.set_fragment(None);
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    let here = crate::modules::auth::caller::is_loopback_name(&host);
    if host.is_empty() || !(url.scheme() == "https" || (url.scheme() == "http" && here)) {
        return Err(bad("it must be reached by https"));
    }
    if url.query().is_some() || !url.username().is_empty() || url.password().is_some() || text.len() > 255 {
        return Err(bad("only scheme, name, port and path belong into this address"));
    }
    Ok((url.as_str().trim_end_matches('/').to_owned(), pin))
}

/// Adds a directory of the node's configuration; one that is known stays as it is.
pub async fn add_directory(deps: &Deps, text: &str, now: u64) -> Result<(), NodeError> {
    let (url, pin) = server_address("directories", text)?;
    deps.write_plain(move |tx| net::add_directory(tx, &url, pin.as_ref(), now)).await
}

/// Adds a relay of the node's configuration; one that is known stays as it is.
pub async fn add_relay(deps: &Deps, text: &str, now: u64) -> Result<(), NodeError> {
    let (url, pin) = server_address("relays", text)?;
    deps.write_plain(move |tx| relays::add(tx, &url, pin.as_ref(), now)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers_are_read_strictly() {
        let id = "ab".repeat(32);
        let (url, pin) = server_address("directories", &format!(" https://red.example/#{id} ")).unwrap();
        assert_eq!((url.as_str(), pin.unwrap().to_string()), ("https://red.example", id));
        assert_eq!(server_address("relays", "http://127.0.0.1:7400").unwrap().0, "http://127.0.0.1:7400");
        for bad in [
            "red.example",
            "http://red.example",
            "https://a:b@red.example",
            "https://r.example/?x=1",
            "https://r.example/#no",
        ] {
            assert!(server_address("directories", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn flags_follow_the_wishes_and_begin_with_none() {
        assert_eq!(Settings::default().discoverable.flags(), 0);
        assert_eq!(Discoverable { name: true, text: false, recent: true }.flags(), 5);
        let old: Settings = serde_json::from_str(r#"{"language":"fr"}"#).unwrap();
        assert!(old.allow_requests && old.language == Language::French);
    }
}
