//! `(deposit_id ‖ client_id ‖ mac[16] ‖ len:u32 ‖ content)…` and `(seq:u64 ‖ received:u64 ‖ len:u32 ‖ content)…`.
//!
//! Contents are slices of the body: nothing is copied. Must not know: what is done with them.

use bytes::{BufMut as _, Bytes};
use openred_core::ids::{ClientId, DepositId};

use super::{Offer, Unreadable};
use crate::mailbox::{CapMac, Mail};

/// Bytes before the content of a deposit.
pub(crate) const BATCH_HEAD: usize = 16 + 16 + 16 + 4;
/// Bytes before the content of mail.
pub(crate) const MAIL_HEAD: usize = 8 + 8 + 4;

/// The deposits of a batch.
pub(crate) fn read_batch(body: &Bytes) -> Result<Vec<Offer>, Unreadable> {
    let mut offers = Vec::with_capacity(body.len() / (BATCH_HEAD + 1_024) + 1);
    let mut rest = body.as_ref();
    while !rest.is_empty() {
        let deposit_id = DepositId(take(&mut rest)?);
        let client_id = ClientId(take(&mut rest)?);
        let mac = CapMac(take(&mut rest)?);
        let content = content(body, &mut rest)?;
        offers.push(Offer { deposit_id, client_id, mac, content });
    }
    Ok(offers)
}

/// Appends a deposit to a batch.
pub(crate) fn write_deposit(to: &mut Vec<u8>, offer: &Offer) {
    to.put_slice(&offer.deposit_id.0);
    to.put_slice(&offer.client_id.0);
    to.put_slice(&offer.mac.0);
    to.put_u32(u32::try_from(offer.content.len()).unwrap_or(u32::MAX));
    to.put_slice(&offer.content);
}

/// The mail of an answer.
pub(crate) fn read_mail(body: &Bytes) -> Result<Vec<Mail>, Unreadable> {
    let mut mail = Vec::new();
    let mut rest = body.as_ref();
    while !rest.is_empty() {
        let seq = u64::from_be_bytes(take(&mut rest)?);
        let received = u64::from_be_bytes(take(&mut rest)?);
        mail.push(Mail { seq, received, content: content(body, &mut rest)? });
    }
    Ok(mail)
}

/// Appends mail to an answer.
pub(crate) fn write_mail(to: &mut Vec<u8>, mail: &Mail) {
    to.put_u64(mail.seq);
    to.put_u64(mail.received);
    to.put_u32(u32::try_from(mail.content.len()).unwrap_or(u32::MAX));
    to.put_slice(&mail.content);
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Unreadable> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(Unreadable)?;
    *rest = tail;
    Ok(*head)
}

fn content(body: &Bytes, rest: &mut &[u8]) -> Result<Bytes, Unreadable> {
    let len = u32::from_be_bytes(take(rest)?) as usize;
    let (content, tail) = rest.split_at_checked(len).ok_or(Unreadable)?;
    *rest = tail;
    Ok(body.slice_ref(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_back_and_a_cut_one_is_refused() {
        let offer = |n: u8| Offer {
            deposit_id: DepositId([n; 16]),
            client_id: ClientId([n + 1; 16]),
            mac: CapMac([n + 2; 16]),
            content: Bytes::from(vec![n; 40]),
        };
        let mut bytes = Vec::new();
        write_deposit(&mut bytes, &offer(1));
        let first = bytes.len();
        write_deposit(&mut bytes, &offer(2));
        let body = Bytes::from(bytes);
        assert_eq!(read_batch(&body), Ok(vec![offer(1), offer(2)]));
        for cut in 1..body.len() {
            let read = read_batch(&body.slice(..cut));
            assert_eq!(read.is_ok(), cut == first, "cut at {cut}");
        }
        let mut longer = body.to_vec();
        longer[BATCH_HEAD - 4] = 0xff;
        assert_eq!(read_batch(&Bytes::from(longer)), Err(Unreadable), "a length beyond the end");
    }

    #[test]
    fn mail_comes_back_and_cut_mail_is_refused() {
        let mail = Mail { seq: 7, received: 1_800_000_000, content: Bytes::from_static(b"sealed") };
        let mut bytes = Vec::new();
        write_mail(&mut bytes, &mail);
        let body = Bytes::from(bytes);
        assert_eq!(body.len(), MAIL_HEAD + 6);
        assert_eq!(read_mail(&body), Ok(vec![mail]));
        for cut in 1..body.len() {
            assert_eq!(read_mail(&body.slice(..cut)), Err(Unreadable), "cut at {cut}");
        }
    }
}
