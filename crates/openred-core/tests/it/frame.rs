//! Frames: frozen bytes of each type, reading in any pieces, and refusal of whatever is not the one encoding.

use openred_core::frame::{Ack, FRAME_MAX, Frame, FrameError, FrameStream, Item, ItemKind};
use openred_core::hello::First;
use openred_core::ids::Id8;
use proptest::prelude::*;
use zeroize::Zeroizing;

fn one_of_each() -> Vec<(&'static str, Frame)> {
    let first = First {
        r: Zeroizing::new([1; 32]),
        token: Some(Zeroizing::new([2; 32])),
        established: true,
        capabilities: vec!["mls_1".to_owned()],
        rejoin: None,
    };
    let stream = Id8([3; 8]);
    vec![
        ("first", Frame::First(first)),
        (
            "item",
            Frame::Item(Item { stream, n: 300, low: 7, kind: ItemKind::Envelope, body: b"{}".to_vec() }),
        ),
        ("tombstone", Frame::Item(Item { stream, n: 1, low: 1, kind: ItemKind::Tombstone, body: vec![] })),
        ("ack", Frame::Ack(vec![Ack { stream, upto: 6, also: vec![8, 9] }])),
        ("request", Frame::Request { id: 5, path: "log".to_owned(), json: "{\"node_id\":\"…\"}".to_owned() }),
        ("response", Frame::Response { id: 5, status: 404, json: "{\"code\":\"unknown\"}".to_owned() }),
        ("data", Frame::Data { id: 5, offset: 65_536, bytes: vec![4; 9], last: true }),
        ("overlay", Frame::Overlay(vec![0x92, 1, 2])),
        ("close", Frame::Close { code: "idle".to_owned(), text: "300 s".to_owned() }),
    ]
}

#[test]
fn the_bytes_of_each_type_are_frozen() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../../../testdata/vectors/frame.json")).unwrap();
    let made: serde_json::Map<_, _> = one_of_each()
        .into_iter()
        .map(|(name, frame)| (name.to_owned(), hex::encode(frame.encode()).into()))
        .collect();
    let made = serde_json::json!({
        "about": "Annex A.5: one frame of each type as [u32 length][type ‖ MessagePack], hex.",
        "frames": made,
    });
    assert_eq!(vectors, made, "{made}");
}

#[test]
fn every_cut_and_every_trailing_byte_is_refused() {
    for (name, frame) in one_of_each() {
        let bytes = frame.encode();
        assert_eq!(Frame::decode(&bytes[4..]), Ok(Some(frame.clone())), "{name}");
        if name == "overlay" {
            continue; // verbatim, its own format refuses
        }
        for cut in 5..bytes.len() {
            assert_eq!(Frame::decode(&bytes[4..cut]), Err(FrameError::Body(bytes[4])), "{name} cut at {cut}");
        }
        let longer = [&bytes[4..], &[0]].concat();
        assert_eq!(Frame::decode(&longer), Err(FrameError::Body(bytes[4])), "{name}");
    }
}

#[test]
fn bounds_and_types_hold() {
    let item = |n, low, kind, body: &[u8]| {
        let frame = Frame::Item(Item { stream: Id8([3; 8]), n, low, kind, body: body.to_vec() });
        Frame::decode(&frame.encode()[4..])
    };
    assert!(item(1, 1, ItemKind::Envelope, b"x").is_ok());
    assert_eq!(item(0, 0, ItemKind::Envelope, b"x"), Err(FrameError::Body(2)), "numbers begin with 1");
    assert_eq!(item(3, 4, ItemKind::Envelope, b"x"), Err(FrameError::Body(2)), "low beyond n");
    assert_eq!(item(3, 1, ItemKind::Tombstone, b"x"), Err(FrameError::Body(2)), "a tombstone is empty");
    assert_eq!(Frame::decode(&[9, 0x90]), Err(FrameError::Type(9)));
    assert_eq!(Frame::decode(&[0]), Err(FrameError::Type(0)));
    assert_eq!(Frame::decode(&[128, 1, 2, 3]), Ok(None), "later types are ignored");
    assert_eq!(Frame::decode(&[]), Err(FrameError::Length(0)));
    let many = Frame::Ack(vec![Ack { stream: Id8([1; 8]), upto: 1, also: vec![] }; 65]);
    assert_eq!(Frame::decode(&many.encode()[4..]), Err(FrameError::Body(3)));
}

#[test]
fn a_stream_skips_later_types_and_stops_at_bad_lengths() {
    let mut stream = FrameStream::new();
    stream.push(&[0, 0, 0, 2, 200, 7]);
    let (_, close) = one_of_each().pop().unwrap();
    stream.push(&close.encode());
    assert_eq!(stream.next_frame(), Ok(Some(close)));
    assert_eq!(stream.next_frame(), Ok(None));
    assert!(stream.is_empty());

    for length in [0, FRAME_MAX as u32 + 1, u32::MAX] {
        let mut stream = FrameStream::new();
        stream.push(&length.to_be_bytes());
        assert_eq!(stream.next_frame(), Err(FrameError::Length(length)), "refused before it is read");
    }
}

proptest! {
    #[test]
    fn frames_come_out_whole_whatever_the_pieces(cuts in proptest::collection::vec(1usize..40, 1..60)) {
        let sent: Vec<_> = one_of_each().into_iter().map(|(_, frame)| frame).collect();
        let bytes: Vec<u8> = sent.iter().flat_map(Frame::encode).collect();
        let (mut stream, mut got, mut at) = (FrameStream::new(), vec![], 0);
        for piece in cuts.iter().cycle() {
            let end = (at + piece).min(bytes.len());
            stream.push(&bytes[at..end]);
            while let Some(frame) = stream.next_frame().unwrap() {
                got.push(frame);
            }
            at = end;
            if at == bytes.len() {
                break;
            }
        }
        prop_assert_eq!(got, sent);
    }

    #[test]
    fn what_is_read_is_written_the_same(bytes in proptest::collection::vec(any::<u8>(), 1..200), kind in 1u8..9) {
        let mut frame = bytes;
        frame[0] = kind;
        if let Ok(Some(read)) = Frame::decode(&frame) {
            prop_assert_eq!(&read.encode()[4..], &frame[..], "one value, one encoding");
        }
    }
}
