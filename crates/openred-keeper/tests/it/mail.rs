//! Sealed mail: made by one keeper, opened by another; nothing is signed that cannot be mail.

use openred_core::frame::{Item, ItemKind};
use openred_core::ids::{DepositId, Id8};
use openred_core::mail::{Destination, Mail, OUTSIDE};
use openred_keeper::blob::Blob;
use openred_keeper::ops::{MAX_BATCH, MailDraft, Refusal};

use crate::people::{Clock, Person, refusal};
use crate::signing::post;

const QUEUE: DepositId = DepositId([0xd0; 16]);

/// A signed post of somebody.
fn envelope(by: &Person, clock: &Clock) -> Blob {
    let draft = post(by.id, "bread", clock.now_ms());
    by.keeper.sign_envelopes(vec![draft]).wait().expect("signed").remove(0).canonical
}

fn draft(to: &Person, envelope: Option<Blob>) -> MailDraft {
    MailDraft { to: to.id, deposit_id: QUEUE, stream: Id8([3; 8]), n: 2, low: 1, envelope }
}

#[test]
fn mail_made_by_one_keeper_opens_in_another() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let drafts = vec![draft(&ben, Some(envelope(&ana, &clock))), draft(&ben, None)];
    let signed = ana.keeper.sign_mail(drafts.clone()).wait().unwrap();
    let at = Destination { to: ben.id, deposit_id: QUEUE };
    let descriptor = ben.parsed();
    for (draft, sig) in drafts.into_iter().zip(signed.sigs) {
        let MailDraft { stream, n, low, envelope, .. } = draft;
        let kind = if envelope.is_some() { ItemKind::Envelope } else { ItemKind::Tombstone };
        let body = envelope.map(|Blob(bytes)| bytes).unwrap_or_default();
        let mail =
            Mail { from: ana.id, log_seq: signed.log_seq, item: Item { stream, n, low, kind, body }, sig };
        let boxed = mail.seal(&descriptor.body().mail_key, &at).unwrap();
        let open = |by: &Person| {
            by.keeper.open_box(at.info().into(), at.aad().to_vec().into(), boxed.clone().into()).wait()
        };
        let read = Mail::read(open(&ben).unwrap().expose()).unwrap();
        let log = &ana.parsed().body().log.clone();
        assert!(read.verify(log.key_at(read.log_seq).unwrap(), &at).is_ok());
        assert_eq!(read, mail);
        assert!(open(&ana).is_err(), "sealed to ben");
    }
}

#[test]
fn what_cannot_be_mail_is_not_signed() {
    let clock = Clock::start();
    let (ana, ben) = (Person::new("ana", &clock), Person::new("ben", &clock));
    let good = draft(&ben, Some(envelope(&ben, &clock)));
    assert!(ana.keeper.sign_mail(vec![good.clone()]).wait().is_ok(), "a forwarded envelope of ben's");
    let bad = [
        MailDraft { envelope: Some(b"{}".as_slice().into()), ..good.clone() },
        MailDraft { envelope: Some(vec![].into()), ..good.clone() },
        MailDraft { low: 3, ..good.clone() },
        MailDraft { low: 0, ..good.clone() },
        MailDraft { stream: OUTSIDE, ..good.clone() },
        MailDraft { stream: OUTSIDE, n: 0, low: 0, envelope: None, ..good.clone() },
    ];
    for bad in bad {
        let refused = refusal(ana.keeper.sign_mail(vec![good.clone(), bad.clone()]).wait());
        assert!(matches!(refused, Refusal::Malformed(_)), "{bad:?}: {refused:?}");
    }
    let many = vec![good; MAX_BATCH + 1];
    assert!(matches!(refusal(ana.keeper.sign_mail(many).wait()), Refusal::Malformed(_)));
}
