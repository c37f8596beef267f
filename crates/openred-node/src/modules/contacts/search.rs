//! Looking for people: among those known, in the directories, by id, by an invitation link. Directories see what
//! is looked for; the owner's contacts are searched here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use openred_core::{
    call::{Listed, ListedStatus},
    ids::NodeId,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    person::{Person, Relationship},
    store,
    view::{self, PersonView},
};
use crate::{api::Api, deps::Work, error::NodeError, modules::invitations};

/// A directory that takes longer is called slow; its answer is not waited for.
const PATIENCE: Duration = Duration::from_secs(4);
/// Own people looked through.
const OWN_MAX: i64 = 5_000;
/// Results shown.
const SHOWN_MAX: usize = 50;
/// Strangers remembered.
const REMEMBERED_MAX: usize = 1_000;

/// Strangers that directories named of late, and which directories did. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Found(Arc<Mutex<BTreeMap<NodeId, Stranger>>>);

/// Somebody whom directories know.
#[derive(Debug, Clone)]
pub struct Stranger {
    /// What the first of them said.
    pub listed: Listed,
    /// All that named them.
    pub directories: Vec<String>,
    /// Another id goes by the same user name at another directory.
    pub conflict: bool,
}

impl Found {
    /// Somebody found before.
    pub fn get(&self, id: &NodeId) -> Option<Stranger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, stranger: &Stranger) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
        all.insert(stranger.listed.node_id, stranger.clone());
    }
}

/// How a directory answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DirectoryAnswer {
    /// Its address.
    pub url: String,
    /// `ok down slow`.
    pub state: &'static str,
    /// People it named.
    pub found: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Search {
    /// People known first.
    pub items: Vec<PersonView>,
    /// All that were asked.
    pub directories: Vec<DirectoryAnswer>,
}

/// Looks for `text`: a name, a piece of one, an id, or an invitation link.
pub async fn search(api: &Api, text: &str) -> Result<Search, NodeError> {
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Ok(Search::default());
    }
    if let Ok(invitation) = invitations::read_link(&text, api.deps.clock.now_ms()) {
        return Ok(Search { items: vec![by_id(api, invitation.node_id).await?], directories: Vec::new() });
    }
    let asked = questions(&text);
    let (mut strangers, directories) = ask_all(api, &asked).await;
    if let Ok(id) = text.parse::<NodeId>()
        && strangers.is_empty()
    {
        strangers.extend(stranger(api, id).await?);
    }
    let items = shown(api, Some(text), strangers).await?;
    Ok(Search { items, directories })
}

/// People whom friends introduced, and those seen of late in the directories.
pub async fn suggestions(api: &Api) -> Result<Vec<PersonView>, NodeError> {
    let (strangers, _) = ask_all(api, &[("recent", "1".to_owned())]).await;
    let listed: BTreeSet<NodeId> = strangers.iter().map(|s| s.listed.node_id).collect();
    let net = api.net.clone();
    let (mut items, known) = api
        .deps
        .read(move |w| {
            let all = store::everybody(w.tx, w.seal, OWN_MAX)?;
            let open = |p: &&Person| p.relationship == Relationship::None && !p.is_contact();
            let wanted = all.iter().filter(open).filter(|p| p.details.introduced_by.is_some());
            let items: Vec<PersonView> =
                wanted.map(|p| view::person(w, &net, p)).collect::<Result<_, _>>()?;
            let known: BTreeSet<NodeId> =
                all.iter().filter(|p| !open(p) || listed.contains(&p.node_id)).map(|p| p.node_id).collect();
            Ok((items, known))
        })
        .await?;
    let me = api.deps.me.get()?.node_id;
    let new = strangers.iter().filter(|s| s.listed.node_id != me && !known.contains(&s.listed.node_id));
    items.extend(new.map(|s| view::stranger(&s.listed, &api.net, s.conflict)));
    items.truncate(SHOWN_MAX);
    Ok(items)
}

/// Somebody known, or found in a directory.
pub async fn by_id(api: &Api, id: NodeId) -> Result<PersonView, NodeError> {
    let net = api.net.clone();
    let known = api
        .deps
        .read(move |w| match store::find(w.tx, w.seal, &id)? {
            Some(person) => Ok(Some(view::person(w, &net, &person)?)),
            None => Ok(None),
        })
        .await?;
    if let Some(view) = known {
        return Ok(view);
    }
    let stranger = stranger(api, id).await?.ok_or(NodeError::Unknown("this person"))?;
    Ok(view::stranger(&stranger.listed, &api.net, stranger.conflict))
}

/// Somebody whom a directory knows.
pub async fn stranger(api: &Api, id: NodeId) -> Result<Option<Stranger>, NodeError> {
    if let Some(found) = api.found.get(&id) {
        return Ok(Some(found));
    }
    let (strangers, _) = ask_all(api, &[("id", id.to_string())]).await;
    if let Some(found) = strangers.into_iter().find(|s| s.listed.node_id == id) {
        return Ok(Some(found));
    }
    let found = by_neighbours(api, id).await;
    found.iter().for_each(|found| api.found.remember(found));
    Ok(found)
}

/// Somebody whose descriptor the overlay holds, or one of the neighbours: no directory is needed.
async fn by_neighbours(api: &Api, id: NodeId) -> Option<Stranger> {
    let found = tokio::time::timeout(PATIENCE, api.net.find_descriptor(&id)).await.ok()?.ok()?;
    let body = found.body();
    let listed = Listed {
        node_id: id,
        username: Some(body.username.clone()),
        display_name: Some(body.display_name.clone()).filter(|name| !name.is_empty()),
        api_url: body.api_url.clone(),
        last_seen: body.issued,
        status: ListedStatus::Active,
        desc_hash: found.hash(),
    };
    Some(Stranger { listed, directories: Vec::new(), conflict: false })
}

/// Makes the row of a stranger before the owner asks them; what a directory said of the name stays unconfirmed.
pub async fn ensure(api: &Api, id: NodeId) -> Result<(), NodeError> {
    let known = api.deps.read(move |w| Ok(store::find(w.tx, w.seal, &id)?)).await?;
    if known.is_some_and(|p| !p.username.is_empty() || !p.details.directories.is_empty()) {
        return Ok(());
    }
    let Some(stranger) = stranger(api, id).await? else { return Ok(()) };
    let descriptor = match tokio::time::timeout(PATIENCE, api.net.find_descriptor(&id)).await {
        Ok(Ok(descriptor)) => Some(descriptor),
        Ok(Err(_)) | Err(_) => None,
    };
    api.deps
        .write(move |w| {
            let mut person = store::ensure(w.tx, w.seal, &id, w.now)?;
            person.username = stranger.listed.username.clone().unwrap_or_default();
            person.details.display_name = stranger.listed.display_name.clone().unwrap_or_default();
            person.details.directories.clone_from(&stranger.directories);
            person.details.name_conflict = stranger.conflict;
            if let Some(descriptor) = &descriptor {
                super::adopt(w, &mut person, descriptor)?;
            }
            super::changed(w, &person)
        })
        .await
}

/// An id is looked up as such; a user name exactly and as a piece; anything else as a piece.
fn questions(text: &str) -> Vec<(&'static str, String)> {
    if text.parse::<NodeId>().is_ok() {
        return vec![("id", text.to_owned())];
    }
    let name = text.trim_start_matches('@').to_lowercase();
    let is_name =
        name.len() <= 32 && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
    let mut asked = Vec::new();
    if is_name {
        asked.push(("name", name));
    }
    if text.chars().count() >= 2 {
        asked.push(("q", text.chars().take(64).collect()));
    }
    asked
}

async fn ask_all(api: &Api, asked: &[(&'static str, String)]) -> (Vec<Stranger>, Vec<DirectoryAnswer>) {
    let urls: Vec<String> = api.net.directories.all().into_iter().map(|known| known.url).collect();
    let answers = futures_util::future::join_all(urls.into_iter().map(|url| ask_one(api, url, asked))).await;
    let mut people: BTreeMap<NodeId, Stranger> = BTreeMap::new();
    let mut directories = Vec::new();
    for (answer, listed) in answers {
        for one in listed {
            let url = answer.url.clone();
            let fresh = Stranger { listed: one, directories: Vec::new(), conflict: false };
            let known = people.entry(fresh.listed.node_id).or_insert(fresh);
            if !known.directories.contains(&url) {
                known.directories.push(url);
            }
        }
        directories.push(answer);
    }
    let mut strangers: Vec<Stranger> = people.into_values().collect();
    mark_conflicts(&mut strangers);
    strangers.iter().for_each(|stranger| api.found.remember(stranger));
    (strangers, directories)
}

async fn ask_one(api: &Api, url: String, asked: &[(&'static str, String)]) -> (DirectoryAnswer, Vec<Listed>) {
    let (mut listed, mut state): (Vec<Listed>, _) = (Vec::new(), "ok");
    for (key, value) in asked {
        match tokio::time::timeout(PATIENCE, api.net.directories.discover(&url, key, value)).await {
            Ok(Ok(answer)) => {
                for one in answer.nodes {
                    if listed.iter().all(|l| l.node_id != one.node_id) {
                        listed.push(one);
                    }
                }
            }
            Ok(Err(_)) => state = "down",
            Err(_) => state = "slow",
        }
        if state != "ok" {
            break;
        }
    }
    (DirectoryAnswer { url, state, found: listed.len() }, listed)
}

/// One user name, two ids, two directories: one of them is wrong, and nobody here can say which.
fn mark_conflicts(strangers: &mut [Stranger]) {
    let named: Vec<(Option<String>, NodeId, Vec<String>)> = strangers
        .iter()
        .map(|s| (s.listed.username.clone(), s.listed.node_id, s.directories.clone()))
        .collect();
    for stranger in strangers {
        stranger.conflict = stranger.listed.username.is_some()
            && named.iter().any(|(name, id, directories)| {
                *name == stranger.listed.username
                    && *id != stranger.listed.node_id
                    && directories.iter().any(|d| !stranger.directories.contains(d))
            });
    }
}

/// Own people whose names hold `text`, and the strangers; known people are shown as known.
async fn shown(
    api: &Api,
    text: Option<String>,
    strangers: Vec<Stranger>,
) -> Result<Vec<PersonView>, NodeError> {
    let net = api.net.clone();
    api.deps
        .read(move |w| {
            let wanted = text.unwrap_or_default().trim_start_matches('@').to_lowercase();
            let mut items = Vec::new();
            let mut seen = BTreeSet::from([w.me.node_id]);
            for person in store::everybody(w.tx, w.seal, OWN_MAX)? {
                if matches(&person, &wanted) && seen.insert(person.node_id) {
                    items.push(view::person(w, &net, &person)?);
                }
            }
            for stranger in strangers.iter().filter(|s| !seen.contains(&s.listed.node_id)) {
                items.push(of_stranger(w, &net, stranger)?);
            }
            items.truncate(SHOWN_MAX);
            Ok(items)
        })
        .await
}

fn of_stranger(
    w: &Work<'_, '_>,
    net: &crate::net::Network,
    stranger: &Stranger,
) -> Result<PersonView, NodeError> {
    match store::find(w.tx, w.seal, &stranger.listed.node_id)? {
        Some(person) => {
            let mut shown = view::person(w, net, &person)?;
            if stranger.conflict && shown.name_state == "unconfirmed" {
                shown.name_state = "conflict";
            }
            Ok(shown)
        }
        None => Ok(view::stranger(&stranger.listed, net, stranger.conflict)),
    }
}

fn matches(person: &Person, wanted: &str) -> bool {
    person.username.contains(wanted)
        || person.shown_name().to_lowercase().contains(wanted)
        || person.node_id.to_string() == wanted
}

#[cfg(test)]
mod tests {
    use openred_core::ids::Hash;

    use super::*;

    fn stranger(id: u8, name: &str, directory: &str) -> Stranger {
        Stranger {
            listed: Listed {
                node_id: NodeId([id; 32]),
                username: Some(name.to_owned()),
                display_name: None,
                api_url: None,
                last_seen: 0,
                status: ListedStatus::Active,
                desc_hash: Hash([0; 32]),
            },
            directories: vec![directory.to_owned()],
            conflict: false,
        }
    }

    #[test]
    fn one_name_with_two_ids_at_two_directories_is_a_conflict() {
        let mut all = [stranger(1, "ana", "red"), stranger(2, "ana", "blue"), stranger(3, "ben", "blue")];
        mark_conflicts(&mut all);
        assert_eq!(all.each_ref().map(|s| s.conflict), [true, true, false]);
        let mut same = [stranger(1, "ana", "red"), stranger(2, "ana", "red")];
        mark_conflicts(&mut same);
        assert!(!same[0].conflict, "one directory may know two");
    }

    #[test]
    fn what_is_typed_decides_what_directories_are_asked() {
        assert_eq!(questions("@Ana"), [("name", "ana".to_owned()), ("q", "@Ana".to_owned())]);
        assert_eq!(questions("Ana Ríos"), [("q", "Ana Ríos".to_owned())]);
        let id = "0f".repeat(32);
        assert_eq!(questions(&id), [("id", id.clone())]);
    }
}
