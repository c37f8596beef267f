//! Every form once, and what is no form.

use super::*;
use crate::sign::Signature;

#[test]
fn every_length_class_round_trips_in_its_shortest_form() {
    for n in [0u64, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
        let bytes = Writer::new().uint(n).into_vec();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.uint(), Ok(n));
        assert_eq!(reader.end(), Ok(()));
    }
    for len in [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
        let text = "x".repeat(len);
        let mut writer = Writer::new();
        writer.bin(text.as_bytes()).str(&text).array(len);
        for _ in 0..len {
            writer.nil();
        }
        let bytes = writer.into_vec();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.bin(), Ok(text.as_bytes()));
        assert_eq!(reader.str(), Ok(text.as_str()));
        assert_eq!(reader.array(), Ok(len));
        assert_eq!(reader.rest().len(), len);
    }
}

#[test]
fn longer_forms_are_refused() {
    for bytes in
        [&[0xcc, 0x7f][..], &[0xcd, 0, 0xff], &[0xce, 0, 0, 0xff, 0xff], &[0xcf, 0, 0, 0, 0, 1, 1, 1, 1]]
    {
        assert_eq!(Reader::new(bytes).uint(), Err(CodecError::NotShortest));
    }
    assert_eq!(Reader::new(&[0xc5, 0, 1, 9]).bin(), Err(CodecError::NotShortest));
    assert_eq!(Reader::new(&[0xd9, 1, b'a']).str(), Err(CodecError::NotShortest));
    assert_eq!(Reader::new(&[0xdc, 0, 1, 0xc0]).array(), Err(CodecError::NotShortest));
}

#[test]
fn other_types_and_cut_bytes_are_refused() {
    assert_eq!(Reader::new(&[0xff]).uint(), Err(CodecError::Type), "negative");
    assert_eq!(Reader::new(&[0x81, 1, 1]).array(), Err(CodecError::Type), "map");
    assert_eq!(Reader::new(&[0xcd, 1]).uint(), Err(CodecError::Truncated));
    assert_eq!(Reader::new(&[0xc4, 2, 1]).bin(), Err(CodecError::Truncated));
    assert_eq!(
        Reader::new(&[0xdd, 0xff, 0xff, 0xff, 0xff]).array(),
        Err(CodecError::Truncated),
        "no huge promise"
    );
    assert_eq!(Reader::new(&[0xa1, 0xff]).str(), Err(CodecError::Utf8));
    assert_eq!(Reader::new(&[0xc0]).end(), Err(CodecError::Trailing));
}

#[test]
fn signed_objects_are_named_by_their_inner_bytes() {
    let one = SignedObject { inner: vec![1, 2], sigs: vec![Signature([3; 64])] };
    let other = SignedObject { inner: vec![1, 2], sigs: vec![Signature([4; 64]), Signature([5; 64])] };
    assert_eq!(one.hash(), other.hash());
    assert_eq!(SignedObject::decode(&other.encode(), 2), Ok(other.clone()));
    assert_eq!(SignedObject::decode(&other.encode(), 1), Err(CodecError::Length));
    assert_eq!(
        SignedObject::decode(&Writer::new().array(1).bin(&[1]).into_vec(), 2),
        Err(CodecError::Length)
    );
    let mut trailing = one.encode();
    trailing.push(0);
    assert_eq!(SignedObject::decode(&trailing, 1), Err(CodecError::Trailing));
}
