//! Between the JSON of an envelope and its fields, in both directions.

use std::collections::BTreeMap;

use super::{ENVELOPE_BYTES_MAX, Envelope, EnvelopeError, MessageType, Party};
use crate::json::{self, Limits, Value};
use crate::sign::Signature;
use crate::time::{format_rfc3339, parse_rfc3339};

const VERSION: &str = "1.0";
const NAMES: [&str; 7] = ["version", "type", "from", "to", "timestamp", "payload", "signature"];

pub(super) type Members = BTreeMap<String, Value>;

/// The fields of a text, and the text as members: these, not the fields, are what is signed and forwarded.
pub(super) struct Shape {
    pub(super) envelope: Envelope,
    /// All members but the signature.
    pub(super) members: Members,
    pub(super) signature: Option<Signature>,
}

/// Reads a text with or without signature.
pub(super) fn read(bytes: &[u8]) -> Result<Shape, EnvelopeError> {
    let Value::Object(mut members) = json::parse(bytes, Limits::bytes(ENVELOPE_BYTES_MAX))? else {
        return Err(EnvelopeError::NoObject);
    };
    if let Some(name) = members.keys().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(EnvelopeError::UnknownName(name.clone()));
    }
    let envelope = fields(&members)?;
    let signature = signature(&mut members)?;
    Ok(Shape { envelope, members, signature })
}

/// The members of a draft.
pub(super) fn members_of(envelope: &Envelope) -> Members {
    let text = |text: &str| Value::Str(text.to_owned());
    let members = [
        ("version", text(VERSION)),
        ("type", text(envelope.kind.as_str())),
        ("from", party_value(&envelope.from)),
        ("to", party_value(&envelope.to)),
        ("timestamp", text(&format_rfc3339(envelope.timestamp_ms))),
        ("payload", envelope.payload.clone()),
    ];
    members.map(|(name, value)| (name.to_owned(), value)).into()
}

fn fields(members: &Members) -> Result<Envelope, EnvelopeError> {
    if text(members, "version")? != VERSION {
        return Err(EnvelopeError::Version);
    }
    let kind: MessageType = text(members, "type")?.parse().map_err(|_| EnvelopeError::TypeUnknown)?;
    let from = party(members, "from")?;
    let to = party(members, "to")?;
    if kind.is_own_wall() && from.node_id != to.node_id {
        return Err(EnvelopeError::OtherWall);
    }
    let timestamp = text(members, "timestamp")?;
    let timestamp_ms = parse_rfc3339(timestamp).map_err(|_| EnvelopeError::Field("timestamp"))?;
    let payload = member(members, "payload")?.clone();
    if payload.as_object().is_none() {
        return Err(EnvelopeError::Field("payload"));
    }
    Ok(Envelope { kind, from, to, timestamp_ms, payload })
}

fn signature(members: &mut Members) -> Result<Option<Signature>, EnvelopeError> {
    let Some(value) = members.remove("signature") else {
        return Ok(None);
    };
    let signature = value.as_str().and_then(|text| text.parse().ok());
    signature.map(Some).ok_or(EnvelopeError::Field("signature"))
}

fn party(members: &Members, name: &'static str) -> Result<Party, EnvelopeError> {
    let party: Party = member(members, name)?.to().map_err(|_| EnvelopeError::Field(name))?;
    match party.fault() {
        Some(fault) => Err(EnvelopeError::Field(fault)),
        None => Ok(party),
    }
}

fn text<'a>(members: &'a Members, name: &'static str) -> Result<&'a str, EnvelopeError> {
    member(members, name)?.as_str().ok_or(EnvelopeError::Field(name))
}

fn member<'a>(members: &'a Members, name: &'static str) -> Result<&'a Value, EnvelopeError> {
    members.get(name).ok_or(EnvelopeError::Missing(name))
}

fn party_value(party: &Party) -> Value {
    let members = [
        ("node_id", party.node_id.to_string()),
        ("server_url", party.server_url.clone()),
        ("username", party.username.clone()),
    ];
    Value::Object(members.map(|(name, text)| (name.to_owned(), Value::Str(text))).into())
}
