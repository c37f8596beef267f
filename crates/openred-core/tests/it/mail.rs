//! Sealed mail: the frozen bytes, four sizes and no other, and refusal of what was made for another recipient, queue or
//! place in the order.

use openred_core::boxes::{self, BoxSecret, Suite};
use openred_core::frame::{Item, ItemKind};
use openred_core::ids::{DepositId, Id8};
use openred_core::mail::{Destination, ENVELOPE_MAX, Mail, MailError, OUTSIDE, SIZES};
use proptest::prelude::*;

use crate::people::{Person, ana, ben, chloe};

const QUEUE: DepositId = DepositId([0xd0; 16]);

fn item(body: &[u8]) -> Item {
    Item { stream: Id8([3; 8]), n: 300, low: 7, kind: ItemKind::Envelope, body: body.to_vec() }
}

fn to(person: &Person) -> Destination {
    Destination { to: person.id(), deposit_id: QUEUE }
}

fn from_ana(item: Item) -> Result<Mail, MailError> {
    let ana = ana();
    Mail::sign(&ana.signing, (ana.id(), 0), &to(&ben()), item)
}

fn open(by: &BoxSecret, at: &Destination, boxed: &[u8]) -> Option<Mail> {
    let plain = boxes::open(by, &at.info(), at.aad(), boxed).ok()?;
    Some(Mail::read(&plain).unwrap())
}

#[test]
fn the_bytes_are_frozen() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../../../testdata/vectors/mail.json")).unwrap();
    let held = |name: &str| hex::decode(vectors[name].as_str().unwrap()).unwrap();
    let (ben, at) = (ben(), to(&ben()));
    let mail = from_ana(item(b"{}")).unwrap();
    assert_eq!(hex::encode(at.to_sign(&mail.item)), vectors["signed"], "what is signed");
    assert_eq!(hex::encode(mail.sig.0), vectors["sig"], "the signature");
    let plain = boxes::open(&ben.mail_key, &at.info(), at.aad(), &held("box")).unwrap();
    assert_eq!(hex::encode(&*plain), vectors["plain"], "what the box holds");
    assert_eq!(Mail::read(&plain), Ok(mail));
}

#[test]
fn a_box_has_one_of_four_sizes_and_the_next_when_a_byte_is_too_many() {
    let at = to(&ben());
    for suite in [Suite::X25519, Suite::XWing] {
        let secret = BoxSecret::from_seed(suite, [9; 32]);
        let sealed = |len: usize| {
            let mail = from_ana(item(&vec![b'x'; len])).unwrap();
            let boxed = mail.seal(secret.public(), &at).unwrap();
            assert_eq!(open(&secret, &at, &boxed), Some(mail));
            boxed.len()
        };
        let mut sizes: Vec<usize> = (1..24).map(|step| sealed(step * 2_500)).collect();
        sizes.insert(0, sealed(1));
        assert!(sizes.is_sorted());
        sizes.dedup();
        let expected = if suite == Suite::X25519 { &SIZES[..] } else { &SIZES[1..] };
        assert_eq!(sizes, expected, "{suite:?}");
        assert_eq!(sealed(ENVELOPE_MAX), SIZES[3]);
        let (mut fits, mut not) = (1, 4_096);
        while not - fits > 1 {
            let half = (fits + not) / 2;
            *if sealed(half) == expected[0] { &mut fits } else { &mut not } = half;
        }
        assert_eq!((sealed(fits), sealed(fits + 1)), (expected[0], expected[1]), "a byte too many");
    }
    assert_eq!(from_ana(item(&vec![b'x'; ENVELOPE_MAX + 1])), Err(MailError::TooLong));
}

#[test]
fn mail_is_worthless_elsewhere() {
    let (ana, ben, chloe) = (ana(), ben(), chloe());
    let at = to(&ben);
    let mail = from_ana(item(b"{}")).unwrap();
    let boxed = mail.seal(ben.mail_key.public(), &at).unwrap();
    assert_eq!(mail.verify(&ana.signing.public(), &at), Ok(()));
    assert!(mail.verify(&chloe.signing.public(), &at).is_err(), "not Chloé's words");
    for elsewhere in
        [Destination { to: chloe.id(), ..at }, Destination { deposit_id: DepositId([1; 16]), ..at }]
    {
        assert_eq!(open(&ben.mail_key, &elsewhere, &boxed), None);
        assert!(mail.verify(&ana.signing.public(), &elsewhere).is_err());
    }
    assert_eq!(open(&chloe.mail_key, &at, &boxed), None);
    let others: [fn(&mut Item); 5] = [
        |item| item.stream = Id8([4; 8]),
        |item| item.n += 1,
        |item| item.low -= 1,
        |item| item.kind = ItemKind::Tombstone,
        |item| item.body = b"[]".to_vec(),
    ];
    for change in others {
        let mut changed = mail.clone();
        change(&mut changed.item);
        assert!(changed.verify(&ana.signing.public(), &at).is_err(), "{changed:?}");
    }
}

#[test]
fn what_cannot_be_is_not_made() {
    let good = item(b"{}");
    let receipt = Item { stream: OUTSIDE, n: 0, low: 0, ..good.clone() };
    let gone = Item { kind: ItemKind::Tombstone, body: vec![], ..good.clone() };
    for sound in [&good, &receipt, &gone] {
        assert!(from_ana(sound.clone()).is_ok(), "{sound:?}");
    }
    let bad = [
        Item { n: 0, low: 0, ..good.clone() },
        Item { low: 0, ..good.clone() },
        Item { low: 301, ..good.clone() },
        Item { body: vec![], ..good.clone() },
        Item { body: b"{}".to_vec(), ..gone.clone() },
        Item { n: 1, low: 1, ..receipt.clone() },
        Item { kind: ItemKind::Tombstone, body: vec![], ..receipt.clone() },
    ];
    for bad in bad {
        assert_eq!(from_ana(bad.clone()), Err(MailError::Malformed), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn any_cut_or_other_byte_is_refused(len in 0usize..3_000, at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let there = to(&ben());
        let mail = from_ana(item(&vec![b'x'; len.max(1)])).unwrap();
        let boxed = mail.seal(ben().mail_key.public(), &there).unwrap();
        let plain = boxes::open(&ben().mail_key, &there.info(), there.aad(), &boxed).unwrap();
        let place = at.index(plain.len());
        let mut other = plain.to_vec();
        other[place] ^= 1 << bit;
        let key = ana().signing.public();
        let passes = Mail::read(&other).is_ok_and(|read| read.verify(&key, &there).is_ok() && read.from == ana().id() && read.log_seq == 0);
        prop_assert!(!passes, "byte {place}");
        prop_assert!(Mail::read(&plain[..place.min(len)]).is_err());
    }
}
