//! The one encoding of a descriptor's inner bytes (PROTOCOL Annex A.1). Must not know signatures or bounds of
//! meaning, only shapes.

use std::net::SocketAddr;

use super::body::{MAX_ADDRESSES, MAX_CAPABILITIES, MAX_VERSIONS};
use super::{DescriptorBody, DescriptorError, Lane};
use crate::boxes::BoxPublic;
use crate::codec::{CodecError, Reader, Writer};
use crate::identity::{IdentityLog, Source};
use crate::ids::{DepositId, Id8, NodeId};

const FORMAT: u64 = 1;
const FIELDS: usize = 20;

pub(super) fn write(body: &DescriptorBody) -> Vec<u8> {
    let mut writer = Writer::new();
    let w = &mut writer;
    w.array(FIELDS).uint(FORMAT).bin(&body.node_id.0);
    body.log.write(w);
    w.uint(u64::from(body.log_seq)).uint(body.seq).bin(&body.incarnation.0);
    w.uint(body.issued).uint(body.expires).str(&body.username).str(&body.display_name).bin(&body.noise_key);
    body.grant_key.write(w);
    body.mail_key.write(w);
    w.bin_or_nil(body.transport_key.as_ref().map(<[u8; 32]>::as_slice)).str_or_nil(body.api_url.as_deref());
    w.array(body.addresses.len());
    for address in &body.addresses {
        w.str(&address.to_string());
    }
    w.str_or_nil(body.quic_relay.as_deref()).nil_or(body.lane.as_ref(), |w, lane| lane.write(w));
    w.array(body.capabilities.len());
    for capability in &body.capabilities {
        w.str(capability);
    }
    w.array(body.versions.len());
    for version in &body.versions {
        w.uint(*version);
    }
    writer.into_vec()
}

pub(super) fn read(inner: &[u8], from: Source) -> Result<DescriptorBody, DescriptorError> {
    let mut reader = Reader::new(inner);
    let r = &mut reader;
    let fields = r.array()?;
    if r.uint()? != FORMAT {
        return Err(DescriptorError::Format);
    }
    if fields != FIELDS {
        return Err(CodecError::Length.into());
    }
    let body = DescriptorBody {
        node_id: NodeId(r.bin_of()?),
        log: IdentityLog::read_from(r, from)?,
        log_seq: u32::try_from(r.uint()?).map_err(|_| DescriptorError::Foreign)?,
        seq: r.uint()?,
        incarnation: Id8(r.bin_of()?),
        issued: r.uint()?,
        expires: r.uint()?,
        username: r.str()?.to_owned(),
        display_name: r.str()?.to_owned(),
        noise_key: r.bin_of()?,
        grant_key: BoxPublic::read(r)?,
        mail_key: BoxPublic::read(r)?,
        transport_key: r.nil_or(|r| r.bin_of())?,
        api_url: r.nil_or(text)?,
        addresses: list(r, MAX_ADDRESSES, address)?,
        quic_relay: r.nil_or(text)?,
        lane: r.nil_or(Lane::read)?,
        capabilities: list(r, MAX_CAPABILITIES, text)?,
        versions: list(r, MAX_VERSIONS, Reader::uint)?,
    };
    reader.end()?;
    Ok(body)
}

impl Lane {
    /// Writes `[relay_url, relay_id, deposit_id, cap]`.
    pub fn write(&self, writer: &mut Writer) {
        writer.array(4).str(&self.relay_url).bin(&self.relay_id.0).bin(&self.deposit_id.0).bin(&self.cap);
    }

    /// Reads `[relay_url, relay_id, deposit_id, cap]`.
    ///
    /// # Errors
    /// As [`CodecError`] says.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        reader.array_of(4)?;
        let relay_url = text(reader)?;
        let (relay_id, deposit_id) = (NodeId(reader.bin_of()?), DepositId(reader.bin_of()?));
        Ok(Self { relay_url, relay_id, deposit_id, cap: reader.bin_of()? })
    }
}

/// "IP:port" in the one form that the address itself would be written in, without an IPv6 zone.
pub(crate) fn parse_address(text: &str) -> Option<SocketAddr> {
    let address: SocketAddr = text.parse().ok()?;
    let zone = matches!(address, SocketAddr::V6(v6) if v6.scope_id() != 0);
    if zone || address.to_string() != text { None } else { Some(address) }
}

fn address(reader: &mut Reader<'_>) -> Result<SocketAddr, DescriptorError> {
    parse_address(reader.str()?).ok_or(DescriptorError::Field("addresses"))
}

fn text(reader: &mut Reader<'_>) -> Result<String, CodecError> {
    reader.str().map(str::to_owned)
}

fn list<'a, T, E: From<CodecError>>(
    reader: &mut Reader<'a>,
    max: usize,
    read: impl Fn(&mut Reader<'a>) -> Result<T, E>,
) -> Result<Vec<T>, E> {
    let len = reader.array_max(max)?;
    (0..len).map(|_| read(reader)).collect()
}
