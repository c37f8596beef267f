//! Targets of identity: signed objects, log, descriptor, boxes, invitation.

use openred_core::boxes::{BoxError, key_id_of, open};
use openred_core::codec::{Reader, SignedObject, Writer};
use openred_core::descriptor::Descriptor;
use openred_core::identity::IdentityLog;
use openred_core::invitation::Invitation;
use openred_core::sign::Label;

use super::{fuzz, samples};

#[test]
fn signed_object() {
    let samples = vec![samples::descriptor(1).bytes().to_vec(), samples::log(1, 1).entries()[0].clone()];
    fuzz("signed object", samples, |input| {
        let Ok(object) = SignedObject::decode(input, 2) else { return false };
        assert_eq!(object.encode(), input, "there is one encoding");
        true
    });
}

#[test]
fn identity_log() {
    let encode = |log: &IdentityLog| {
        let mut writer = Writer::new();
        log.write(&mut writer);
        writer.into_vec()
    };
    let samples = [1, 2, 4].map(|entries| encode(&samples::log(1, entries))).to_vec();
    fuzz("identity log", samples, |input| {
        let mut reader = Reader::new(input);
        let Ok(log) = IdentityLog::read(&mut reader) else { return false };
        if reader.end().is_err() {
            return false;
        }
        assert_eq!(encode(&log), input, "there is one encoding");
        true
    });
}

#[test]
fn descriptor() {
    let samples = [1, 11].map(|seed| samples::descriptor(seed).bytes().to_vec()).to_vec();
    let given = super::seeds::all().into_iter().chain(samples.clone());
    let signed: Vec<_> =
        given.filter_map(|bytes| Descriptor::parse(&bytes).ok()).map(|one| one.hash()).collect();
    fuzz("descriptor", samples, |input| {
        let Ok(descriptor) = Descriptor::parse(input) else { return false };
        assert_eq!(descriptor.bytes(), input);
        assert!(signed.contains(&descriptor.hash()), "only what its owner signed");
        true
    });
}

/// The fields behind the signature: mutated inner bytes, signed again by their owner.
#[test]
fn descriptor_fields() {
    let inner = SignedObject::decode(samples::descriptor(1).bytes(), 1).unwrap().inner;
    fuzz("descriptor fields", vec![inner], |input| {
        let sigs = vec![samples::key(2).sign(Label::Descriptor, input)];
        let bytes = SignedObject { inner: input.to_vec(), sigs }.encode();
        let Ok(descriptor) = Descriptor::parse(&bytes) else { return false };
        let again = Descriptor::sign(descriptor.body().clone(), &samples::key(2)).unwrap();
        assert_eq!(again.bytes(), bytes, "the fields are the whole of it");
        true
    });
}

#[test]
fn sealed_box() {
    let secret = samples::box_secret();
    let samples = samples::boxes();
    let good = samples[0].clone();
    fuzz("box", samples, |input| {
        let Some(key_id) = key_id_of(input) else { return false };
        let opened = open(&secret, b"info", b"aad", input);
        assert!(opened.is_err() || *input == good, "only what was sealed opens");
        if key_id != secret.public().key_id {
            assert_eq!(opened.err(), Some(BoxError::OtherKey));
        }
        true
    });
}

#[test]
fn invitation() {
    let bytes = samples::invitation().encode().unwrap().to_vec();
    fuzz("invitation", vec![bytes], |input| {
        let Ok(invitation) = Invitation::parse(input) else { return false };
        let text = invitation.encode().unwrap();
        assert!(text.len() <= input.len());
        assert_eq!(Invitation::parse(&text).as_ref(), Ok(&invitation));
        let link = invitation.to_link(None).unwrap();
        assert_eq!(Invitation::from_link(&link).as_ref(), Ok(&invitation));
        true
    });
}

#[test]
fn invitation_link() {
    let links = [None, Some("ana.example")]
        .map(|host| samples::invitation().to_link(host).unwrap().as_bytes().to_vec());
    fuzz("invitation link", links.to_vec(), |input| {
        let Ok(text) = std::str::from_utf8(input) else { return false };
        let Ok(invitation) = Invitation::from_link(text) else { return false };
        let link = invitation.to_link(None).unwrap();
        assert_eq!(Invitation::from_link(&link), Ok(invitation));
        true
    });
}
