//! Lies in first frames (PROTOCOL §3.4, §4): Noise is finished, somebody with good keys lies, or nobody has the keys.
//! It got through when the session stands.

use openred_core::{
    call::{ChallengeAnswer, ChallengeCall, Factor, verify_challenge},
    frame::Frame,
    hello::{First, sign_rejoin},
    ids::Id16,
    session_keys::SessionKeys,
    token::Role,
};

use super::{
    Attack,
    directory::{Forged, NOW, Stage},
    hand::{first, split},
    node::Refused,
};

/// A handshake of ana's node with ben, up to message 2.
struct Half {
    stage: Stage,
    grant: Forged,
    keys: SessionKeys,
    session_id: Id16,
}

fn half() -> Result<Half, Refused> {
    let mut stage = Stage::new();
    let grant = stage.introduced();
    let (hello, mut noise) = stage.ana.knock_with(&stage.ben.descriptor, &grant.core, grant.secret).make();
    let reply = stage.ben.knock(&hello)?;
    noise.read_message(&reply.noise, &mut [0; 48]).map_err(|_| "message 2 does not open")?;
    let (keys, _) = split(noise, Role::A);
    Ok(Half { stage, grant, keys, session_id: reply.session_id })
}

impl Half {
    fn token(&self, role: Role) -> [u8; 32] {
        self.grant.token(role, &self.stage.dir)
    }

    fn say(mut self, frame: First) -> Result<(), Refused> {
        let sealed = frame.seal(&self.keys).unwrap();
        self.stage.ben.first(self.session_id, sealed).map(drop)
    }
}

pub(super) const ATTACKS: &[Attack] = &[
    Attack::new("no token in the first frame", "first/tokens-match", || half()?.say(first(None, false))),
    Attack::new("b's own token reflected", "first/tokens-match", || {
        let half = half()?;
        let reflected = half.token(Role::B);
        half.say(first(Some(reflected), false))
    }),
    Attack::new("S itself as token", "first/tokens-match", || {
        let half = half()?;
        let secret = half.grant.secret;
        half.say(first(Some(secret), false))
    }),
    Attack::new("the token of another grant", "first/tokens-match", || {
        let half = half()?;
        let other = half.grant.again(Id16([0xcc; 16]), &half.stage.ana, &half.stage.ben.id);
        let token = other.token(Role::A, &half.stage.dir);
        half.say(first(Some(token), false))
    }),
    Attack::new("a says that the session stands", "first/established", || {
        let half = half()?;
        let token = half.token(Role::A);
        half.say(first(Some(token), true))
    }),
    Attack::new("a first frame in the clear, with the right token", "first/opens", || {
        let mut half = half()?;
        let mut clear = Frame::First(first(Some(half.token(Role::A)), false)).encode();
        clear.extend_from_slice(&[0; 16]);
        half.stage.ben.first(half.session_id, clear).map(drop)
    }),
    Attack::new("a recorded hello after a restart, and no keys for it", "first/opens", || {
        let mut stage = Stage::new();
        let open = stage.ana.knock_open(&stage.ben.descriptor);
        stage.met(&open, None).unwrap();
        stage.ben.restart();
        let recorded = open.make().0;
        // Nonces are remembered by the process alone: message 2 leaves again, and is of no use to the directory.
        let reply = stage.ben.knock(&recorded)?;
        let mut clear = Frame::First(first(None, false)).encode();
        clear.extend_from_slice(&[0; 16]);
        stage.ben.first(reply.session_id, clear).map(drop)
    }),
    Attack::new("a contact's Noise key, stolen, without her signing key", "first/rejoin", || {
        rejoined(|stage, h| Some(sign_rejoin(&stage.dir.signing, h, &stage.ana.id(), &stage.ben.id, Role::A)))
    }),
    Attack::new("a contact met again who signs nothing", "first/rejoin", || rejoined(|_, _| None)),
    Attack::new("a rejoin of another handshake", "first/rejoin", || {
        rejoined(|stage, _| {
            Some(sign_rejoin(&stage.ana.signing, &[1; 32], &stage.ana.id(), &stage.ben.id, Role::A))
        })
    }),
    Attack::new("the second factor answered by somebody else", "challenge/signature", || {
        challenge(|stage, call| ChallengeAnswer::sign(&stage.dir.signing, &SESSION, call, NOW))
    }),
    Attack::new("the second factor of another session", "challenge/signature", || {
        challenge(|stage, call| ChallengeAnswer::sign(&stage.ana.signing, &Id16([1; 16]), call, NOW))
    }),
    Attack::new("the second factor kept for two minutes", "challenge/time", || {
        challenge(|stage, call| ChallengeAnswer::sign(&stage.ana.signing, &SESSION, call, NOW - 120))
    }),
];

const SESSION: Id16 = Id16([6; 16]);

fn challenge(answer: fn(&Stage, &ChallengeCall) -> ChallengeAnswer) -> Result<(), Refused> {
    let stage = Stage::new();
    let call = ChallengeCall { challenge: [4; 32], method: Factor::Totp, reason: "a big gift".to_owned() };
    let answer = answer(&stage, &call);
    verify_challenge(&stage.ana.signing.public(), &SESSION, &call, &answer, NOW).map_err(|refusal| {
        match refusal {
            openred_core::call::ChallengeRefusal::Time => "challenge/time".to_owned(),
            openred_core::call::ChallengeRefusal::Signature => "challenge/signature".to_owned(),
        }
    })
}

type Proof = fn(&Stage, &[u8; 32]) -> Option<openred_core::sign::Signature>;

/// Kind 4 in the name of ana, a contact. It got through when ben takes it for ana met again.
fn rejoined(proof: Proof) -> Result<(), Refused> {
    let mut stage = Stage::new();
    stage.ben.contacts.insert(stage.ana.id());
    stage.ben.pin(&stage.ana.clone());
    let (hello, mut noise) = stage.ana.knock_open(&stage.ben.descriptor).make();
    let reply = stage.ben.knock(&hello)?;
    noise.read_message(&reply.noise, &mut [0; 48]).map_err(|_| "message 2 does not open")?;
    let (keys, h) = split(noise, Role::A);
    let frame = First { rejoin: proof(&stage, &h), ..first(None, false) };
    let confirmed = stage.ben.first(reply.session_id, frame.seal(&keys).unwrap())?;
    if confirmed.session.rejoined { Ok(()) } else { Err("first/rejoin".to_owned()) }
}

#[test]
fn with_the_right_token_or_signature_the_session_stands() {
    let half = half().unwrap();
    let token = half.token(Role::A);
    half.say(first(Some(token), false)).unwrap();
    rejoined(|stage, h| Some(sign_rejoin(&stage.ana.signing, h, &stage.ana.id(), &stage.ben.id, Role::A)))
        .unwrap();
    challenge(|stage, call| ChallengeAnswer::sign(&stage.ana.signing, &SESSION, call, NOW)).unwrap();
}
