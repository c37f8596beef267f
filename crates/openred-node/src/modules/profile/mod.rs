//! The owner's profile: what others see. Rules; SQL is in `store`, HTTP in `http`.

pub mod avatar;
pub mod http;
pub mod store;

use openred_core::payload::{ActivityUpdate, Content, Payload, Profile as Card};
use serde_json::json;

use crate::{
    delivery::store::{self as delivery, Audience},
    deps::{Deps, Work},
    error::NodeError,
    events::Kind,
};

/// The owner's profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// 64 hex digits.
    pub node_id: String,
    /// `[a-z0-9_]{1,32}`.
    pub username: String,
    /// At most 64 characters.
    pub display_name: String,
    /// At most 500 characters.
    pub bio: String,
    /// Picture as content.
    pub avatar: Option<Content>,
    /// `https://` links, at most 8.
    pub links: Vec<String>,
    /// Sealed, optional, never sent anywhere.
    pub email: Option<String>,
    /// Unix ms.
    pub created_at: u64,
}

/// What the owner wants changed; absent members stay.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// New name.
    pub display_name: Option<String>,
    /// New text.
    pub bio: Option<String>,
    /// New links.
    pub links: Option<Vec<String>>,
    /// New address; an empty text removes it.
    pub email: Option<String>,
    /// New picture; `Some(None)` removes it.
    pub avatar: Option<Option<Content>>,
}

/// The public part, as payload.
pub fn card(work: &Work<'_, '_>) -> Result<ActivityUpdate, NodeError> {
    let profile = store::get(work.tx, work.seal)?.ok_or(NodeError::NotSetUp)?;
    Ok(ActivityUpdate::Profile(public(&profile)))
}

fn public(profile: &Profile) -> Card {
    Card {
        display_name: profile.display_name.clone(),
        bio: profile.bio.clone(),
        avatar: profile.avatar.clone(),
        links: profile.links.clone(),
    }
}

/// Changes the profile and tells friends and followers, in one transaction.
pub async fn change(deps: &Deps, change: Change) -> Result<Profile, NodeError> {
    check_email(change.email.as_deref())?;
    let before = deps.read(|w| Ok(store::get(w.tx, w.seal)?)).await?.ok_or(NodeError::NotSetUp)?;
    let after = merge(before.clone(), change);
    if after.display_name.trim().is_empty() {
        return Err(NodeError::invalid("display_name", "a name needs at least one character"));
    }
    let payload = Payload::from(ActivityUpdate::Profile(public(&after)));
    let value = payload.to_value().map_err(|e| NodeError::invalid("profile", e.to_string()))?;
    let me = deps.me.get()?;
    let said = deps.sign(payload.kind(), (*me).clone(), value).await?;
    let told = public(&before) != public(&after);
    deps.write(move |w| {
        store::save(w.tx, w.seal, &after, w.now)?;
        if told {
            delivery::say(w.tx, w.seal, &said, Audience::Public { except: None }, w.now)?;
            w.wake_all();
        }
        w.tell(Kind::Profile, json!({}));
        Ok(after.clone())
    })
    .await
}

fn merge(mut profile: Profile, change: Change) -> Profile {
    if let Some(name) = change.display_name {
        profile.display_name = name.trim().to_owned();
    }
    if let Some(bio) = change.bio {
        profile.bio = bio;
    }
    if let Some(links) = change.links {
        profile.links = links;
    }
    if let Some(email) = change.email {
        profile.email = Some(email).filter(|e| !e.is_empty());
    }
    if let Some(avatar) = change.avatar {
        profile.avatar = avatar;
    }
    profile
}

fn check_email(email: Option<&str>) -> Result<(), NodeError> {
    let good =
        |e: &str| e.is_empty() || (e.len() <= 254 && e.contains('@') && !e.contains(char::is_whitespace));
    match email {
        Some(e) if !good(e) => Err(NodeError::invalid("email", "that does not look like an e-mail address")),
        _ => Ok(()),
    }
}

/// A user name made of a display name: ASCII letters and digits lower case, anything else `_`, 1 to 32 characters.
pub fn username_from(display_name: &str) -> String {
    let mut name = String::new();
    for c in display_name.trim().chars() {
        let c = plain(c).to_ascii_lowercase();
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if !(c == '_' && (name.is_empty() || name.ends_with('_'))) {
            name.push(c);
        }
    }
    name.truncate(32);
    let name = name.trim_end_matches('_').to_owned();
    if name.is_empty() { "me".to_owned() } else { name }
}

/// Latin letters without their marks, so that Chloé becomes chloe.
fn plain(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => 'a',
        'è' | 'é' | 'ê' | 'ë' | 'È' | 'É' | 'Ê' | 'Ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'Ì' | 'Í' | 'Î' | 'Ï' | 'ı' => 'i',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'Ø' => 'o',
        'ù' | 'ú' | 'û' | 'ü' | 'Ù' | 'Ú' | 'Û' | 'Ü' => 'u',
        'ç' | 'Ç' => 'c',
        'ñ' | 'Ñ' => 'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::username_from;

    #[test]
    fn a_user_name_is_made_of_any_name() {
        for (name, want) in [
            ("Ana Ríos", "ana_rios"),
            ("Chloé", "chloe"),
            ("  ", "me"),
            ("王小明", "me"),
            ("a--b", "a_b"),
            ("B. O.", "b_o"),
        ] {
            assert_eq!(username_from(name), want, "{name}");
        }
        assert!(username_from(&"x".repeat(80)).len() <= 32);
    }
}
