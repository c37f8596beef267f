//! A file that a message carries, as the owner's app shows it. Reads rows; changes nothing.

use openred_core::{ids::B64, payload::Voice};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    FileBody,
    store::{self, Carried},
};
use crate::{
    deps::Work,
    error::NodeError,
    modules::files::store::{self as files, Stored, offers},
};

/// A recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoiceView {
    /// How long it is, milliseconds, at most an hour.
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub ms: u64,
    /// How loud it is from its beginning to its end: at most 64 bytes, base64url.
    #[schema(value_type = String)]
    pub levels: B64,
}

/// The file of a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageFile {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// `type/subtype`.
    pub media_type: String,
    /// Description for who cannot see it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alt: String,
    /// `here`, `offered` (it can be fetched), `waiting` (it is on its way), `failed`, or `gone` (deleted by whose it is).
    pub state: &'static str,
    /// Why it is not here yet: `peer_away full slow_down altered refused unknown internal`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Bytes that are here, about.
    pub have: u64,
    /// Id of the file, once it is here or on its way: `/files/{id}/data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A small picture, if it is one and is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    /// It is a recording of who wrote the message: how long, how loud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<VoiceView>,
    /// Number of the other's offer: `/files/offers/{offer}/accept` fetches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<i64>,
}

impl VoiceView {
    fn of(voice: &Voice) -> Self {
        Self { ms: voice.ms, levels: voice.levels.clone() }
    }
}

impl From<VoiceView> for Voice {
    fn from(view: VoiceView) -> Self {
        Self { ms: view.ms, levels: view.levels }
    }
}

/// What a message carries.
pub fn shown(work: &Work<'_, '_>, message: i64, file: &FileBody) -> Result<MessageFile, NodeError> {
    let mut view = MessageFile {
        name: file.name.clone(),
        size: file.size,
        media_type: file.media_type.clone(),
        alt: file.alt.clone(),
        voice: file.voice.as_ref().map(VoiceView::of),
        state: "gone",
        reason: String::new(),
        have: 0,
        id: None,
        thumbnail_url: None,
        offer: None,
    };
    match store::of(work.tx, message)? {
        Some(Carried::Own(own)) => {
            if let Some(own) = files::get(work.tx, work.seal, own)? {
                put(work, &mut view, &own)?;
            }
        }
        Some(Carried::Offered(number)) => {
            if let Some(offer) = offers::get(work.tx, work.seal, number)? {
                view.offer = Some(number);
                view.state = if offer.ended || offer.is_over(work.now) { "gone" } else { "offered" };
                if let Some(copy) =
                    offer.file.map(|id| files::get(work.tx, work.seal, id)).transpose()?.flatten()
                {
                    put(work, &mut view, &copy)?;
                }
            }
        }
        None => {}
    }
    Ok(view)
}

fn put(work: &Work<'_, '_>, view: &mut MessageFile, file: &Stored) -> Result<(), NodeError> {
    let id = &file.file_id;
    view.id = Some(id.to_string());
    view.thumbnail_url = file.has_thumbnail.then(|| format!("/api/v1/files/{id}/thumbnail"));
    if file.whole {
        (view.state, view.have) = ("here", view.size);
        return Ok(());
    }
    view.have = work.files.folder().part_offset(id).min(view.size);
    let download = files::download_of(work.tx, file.id)?;
    view.state = match &download {
        Some(download) if download.next_at.is_some() => "waiting",
        Some(download) if download.reason == "gone" => "gone",
        _ => "failed",
    };
    view.reason = download.map(|download| download.reason).unwrap_or_default();
    Ok(())
}
