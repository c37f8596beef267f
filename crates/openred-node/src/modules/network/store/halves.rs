//! The sealed halves of a row of `peers`, as bytes. An address stands in them as the overlay itself writes it
//! (Annex A.8), everything else as an array of our own. Must not know SQL.

use openred_core::{
    codec::{Reader, Writer},
    ids::NodeId,
    overlay::{Frame, Link},
};
use openred_proto::overlay::{
    Group,
    peers::Introducer,
    store::{PeerRow, TrustRow},
};

pub(super) fn peer(row: &PeerRow) -> Vec<u8> {
    let entry = Link::Peers(vec![row.entry.clone()]).encode();
    let mut w = Writer::new();
    w.array(4).bin(&entry).str(&row.group.to_string()).str(&row.introducer.to_string()).bool(row.tried);
    w.into_vec()
}

pub(super) fn read_peer(bytes: &[u8], last_seen: u64) -> Option<PeerRow> {
    let mut r = Reader::new(bytes);
    r.array_of(4).ok()?;
    let Ok(Frame::Link(Link::Peers(mut entries))) = Frame::decode(r.bin().ok()?) else { return None };
    Some(PeerRow {
        entry: entries.pop()?,
        group: r.str().ok()?.parse().ok()?,
        introducer: r.str().ok()?.parse().ok()?,
        tried: r.bool().ok()?,
        last_seen,
    })
}

pub(super) fn trust(row: &TrustRow) -> Vec<u8> {
    let mut w = Writer::new();
    w.array(18).bin(&row.node_id.0).uint(part(row.direct));
    row.week.iter().for_each(|day| {
        w.uint(part(*day));
    });
    w.uint(row.valid).uint(row.invalid).uint(row.credit_day).uint(row.credits.into());
    w.uint(row.timeout_at).uint(row.first_seen);
    w.str(&row.group.as_ref().map(Group::to_string).unwrap_or_default());
    w.str(&row.introducer.as_ref().map(Introducer::to_string).unwrap_or_default());
    w.bool(row.outbound);
    w.into_vec()
}

pub(super) fn read_trust(bytes: &[u8], decayed_at: u64) -> Option<TrustRow> {
    let mut r = Reader::new(bytes);
    r.array_of(18).ok()?;
    let node_id = NodeId(r.bin_of::<32>().ok()?);
    let mut millionths = || i64::try_from(r.uint().ok()?).ok();
    let direct = millionths()?;
    let mut week = [0; 7];
    for day in &mut week {
        *day = millionths()?;
    }
    Some(TrustRow {
        node_id,
        direct,
        decayed_at,
        week,
        valid: r.uint().ok()?,
        invalid: r.uint().ok()?,
        credit_day: r.uint().ok()?,
        credits: r.uint().ok()?.try_into().ok()?,
        timeout_at: r.uint().ok()?,
        first_seen: r.uint().ok()?,
        group: some(r.str().ok()?)?,
        introducer: some(r.str().ok()?)?,
        outbound: r.bool().ok()?,
    })
}

/// Trust is never below zero.
fn part(millionths: i64) -> u64 {
    u64::try_from(millionths).unwrap_or(0)
}

/// An empty text is none.
fn some<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}
