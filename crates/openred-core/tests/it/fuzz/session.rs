//! Targets of introduction and session: grants, hello, frames, bodies, calls.

use openred_core::boxes::Suite;
use openred_core::call::{PollCall, RegisterCall, RequestCall};
use openred_core::frame::{Frame, FrameStream};
use openred_core::grant::{Core, GrantHalf, Request, SealedGrant};
use openred_core::hello::{First, Hello};
use openred_core::ids::{Id16, NodeId};
use openred_core::json::{Value, canonical, from_slice_strict};
use openred_core::mail::Mail;
use openred_core::session_keys::{Chunk, HttpsBody};
use openred_core::token::Role;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{fuzz, samples};

#[test]
fn core() {
    fuzz("core", vec![samples::halves().0.core.encode().to_vec()], |input| {
        let Some(core) = input.try_into().ok().and_then(Core::decode) else { return false };
        assert_eq!(core.encode().as_slice(), input);
        true
    });
}

#[test]
fn grant() {
    let (a, b) = samples::halves();
    let directory = samples::key(9).public();
    let good = [a.encode().to_vec(), b.encode().to_vec()];
    let half = |input: &[u8]| {
        let Some(half) = GrantHalf::decode(input) else { return false };
        assert_eq!(half.encode().as_slice(), input);
        true
    };
    fuzz("grant", good.to_vec(), half);
    // Signatures cost the most: a hundredth of the inputs also meet the directory's key.
    let mut mutator = super::Mutator::new(17);
    for _ in 0..super::iterations() / 100 {
        let half = mutator.pick(&good).clone();
        let input = mutator.mutate(&half, &[]);
        let verified = GrantHalf::decode(&input).is_some_and(|half| half.verify(&directory).is_ok());
        assert!(!verified || good.contains(&input), "{}", hex::encode(input));
    }
}

#[test]
fn sealed_grant_and_request() {
    let sealed = SealedGrant { grant_id: Id16([1; 16]), role: Role::B, boxed: samples::boxes().remove(0) };
    fuzz("sealed grant", vec![sealed.encode()], |input| {
        let Some(sealed) = SealedGrant::decode(input) else { return false };
        assert_eq!(sealed.encode(), input);
        true
    });
    fuzz("request", vec![samples::request().encode().to_vec()], |input| {
        let Some(request) = Request::decode(input) else { return false };
        assert_eq!(request.encode().as_slice(), input);
        true
    });
}

#[test]
fn hello() {
    let samples = samples::hellos().iter().map(|hello| hello.to_text().into_bytes()).collect();
    fuzz("hello", samples, |input| {
        let Ok(hello) = Hello::parse(input) else { return false };
        assert_eq!(Hello::parse(hello.to_text().as_bytes()).as_ref(), Ok(&hello));
        true
    });
}

#[test]
fn first() {
    fuzz("first", samples::firsts().iter().map(First::encode).collect(), |input| {
        let Ok(first) = First::decode(input) else { return false };
        assert_eq!(first.encode(), input, "there is one encoding");
        true
    });
}

#[test]
fn frame() {
    let samples = samples::frames().iter().map(|frame| frame.encode()[4..].to_vec()).collect();
    fuzz("frame", samples, |input| {
        let Ok(Some(frame)) = Frame::decode(input) else { return false };
        assert_eq!(&frame.encode()[4..], input, "there is one encoding");
        true
    });
}

/// The same frames come out however the bytes are cut.
#[test]
fn frame_stream() {
    let all: Vec<u8> = samples::frames().iter().flat_map(Frame::encode).collect();
    fuzz("frame stream", vec![all], |input| {
        let (whole, cut) = (frames_of(input, input.len().max(1)), frames_of(input, 7));
        assert_eq!(whole, cut);
        !whole.is_empty()
    });
}

fn frames_of(bytes: &[u8], piece: usize) -> Vec<Frame> {
    let (mut stream, mut frames) = (FrameStream::new(), Vec::new());
    for piece in bytes.chunks(piece) {
        stream.push(piece);
        loop {
            match stream.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return frames,
            }
        }
    }
    frames
}

#[test]
fn https_body() {
    let chunk = |n, len| Chunk { n, ciphertext: vec![9; len] };
    let body = HttpsBody { session_id: Id16([3; 16]), chunks: vec![chunk(0, 16), chunk(1, 300)] };
    fuzz("https body", vec![body.encode()], |input| {
        let Ok(body) = HttpsBody::decode(input) else { return false };
        assert_eq!(body.encode(), input);
        true
    });
}

#[test]
fn calls() {
    let (dir_id, from, time) = (NodeId([1; 32]), NodeId([2; 32]), 1_700_000_000);
    let key = samples::key(2);
    let register = RegisterCall::sign(&key, &dir_id, &samples::descriptor(1), Default::default(), time);
    let request = RequestCall::of(&samples::request(), from, NodeId([3; 32]));
    let poll = PollCall::sign(&key, &dir_id, from, 25, Id16([4; 16]), time);
    fuzz("register call", vec![text(&register)], comes_back::<RegisterCall>);
    fuzz("request call", vec![text(&request)], comes_back::<RequestCall>);
    fuzz("poll call", vec![text(&poll)], comes_back::<PollCall>);
}

fn text<T: Serialize>(value: &T) -> Vec<u8> {
    canonical(&Value::from_serde(value).unwrap())
}

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(input: &[u8]) -> bool {
    let Ok(value) = from_slice_strict::<T>(input, 64 * 1024) else { return false };
    assert_eq!(from_slice_strict::<T>(&text(&value), 64 * 1024).as_ref(), Ok(&value));
    true
}

#[test]
fn mail() {
    fuzz("mail", vec![samples::mail()], |input| {
        let Ok(mail) = Mail::read(input) else { return false };
        // The zeros behind are as many as the suite of the box asks for.
        let again = mail.padded(Suite::X25519).unwrap();
        let fields = input.len().min(again.len());
        assert_eq!(again[..fields], input[..fields]);
        assert_eq!(Mail::read(&again), Ok(mail));
        true
    });
}
