//! Files that messages carry: an offer that the conversation alone shows. It goes with the message.

pub mod store;
pub mod view;

use openred_core::{
    ids::Id16,
    payload::{FileOffer, Voice},
};
use serde::{Deserialize, Serialize};

use self::store::Carried;
use super::messages::store::{Body, Message};
use crate::{
    deps::Work,
    error::NodeError,
    modules::{contacts::person::Person, files},
};

/// What the owner's app says of a file that a message is to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Of the owner, whole.
    pub id: Id16,
    /// Description for who cannot see it, at most 1,500 characters; may be empty.
    pub alt: String,
    /// It is a recording of the owner.
    pub voice: Option<Voice>,
}

/// What a message says of the file that it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileBody {
    /// Its name.
    pub name: String,
    /// Plain bytes.
    pub size: u64,
    /// `type/subtype`.
    pub media_type: String,
    /// Description for who cannot see it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub alt: String,
    /// Names the offer between the nodes.
    pub offer: Id16,
    /// Of the owner's messages: which file of the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Id16>,
    /// It is a recording of who wrote the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<Voice>,
}

impl FileBody {
    /// As somebody offers it.
    pub fn of(offer: &FileOffer, voice: Option<&Voice>) -> Self {
        Self {
            name: offer.name.clone(),
            size: offer.size,
            media_type: offer.media_type.clone(),
            alt: offer.alt.clone().unwrap_or_default(),
            offer: offer.file_id,
            own: None,
            voice: voice.cloned(),
        }
    }
}

/// A file that a new message of the owner is to carry, as it will be said under this name: for its bounds.
pub fn begin(
    work: &Work<'_, '_>,
    new: &NewFile,
    name: Id16,
) -> Result<(FileBody, FileOffer, Carried), NodeError> {
    let file = files::talk::carried(work, &new.id)?;
    let offer = files::talk::said(&file, name, &new.alt)?;
    let body = FileBody { own: Some(file.file_id), ..FileBody::of(&offer, new.voice.as_ref()) };
    Ok((body, offer, Carried::Own(file.id)))
}

/// Offers to these what a message of the owner carries, if anything. None when the owner has deleted the file.
pub fn offer(
    work: &Work<'_, '_>,
    message: &Message,
    body: &Body,
    to: &[Person],
) -> Result<Option<FileOffer>, NodeError> {
    let (Some(file), Some(Carried::Own(own))) = (&body.file, store::of(work.tx, message.id)?) else {
        return Ok(None);
    };
    files::talk::offer(work, (own, file.offer), (to, message.chat), &file.alt)
}

/// A message of somebody carries a file.
pub fn came(work: &Work<'_, '_>, person: i64, message: &Message, offer: &FileOffer) -> Result<(), NodeError> {
    let is_voice =
        message.body.as_ref().is_some_and(|body| body.file.as_ref().is_some_and(|f| f.voice.is_some()));
    let number = files::talk::on_offer(work, (person, message.chat), offer, is_voice)?;
    Ok(store::put(work.tx, message.id, Carried::Offered(number))?)
}

/// A message is no more, or says nothing any more: what it carried goes.
pub fn drop_of(work: &Work<'_, '_>, message: &Message) -> Result<(), NodeError> {
    match store::take(work.tx, message.id)? {
        Some(Carried::Own(file)) => {
            let name = message.body.as_ref().and_then(|body| body.file.as_ref()).map(|file| file.offer);
            let is_carried = store::is_carried(work.tx, file)?;
            files::talk::let_go(work, message.chat, (file, &name.unwrap_or(message.name)), is_carried)
        }
        Some(Carried::Offered(offer)) => files::talk::drop_offer(work, offer),
        None => Ok(()),
    }
}
