//! Grants: the frozen bytes, every refusal by its name, every check proven to matter, and every second around an
//! epoch boundary under every skew.

use openred_core::checks;
use openred_core::grant::{
    Core, GrantFacts, GrantHalf, GrantRefusal, HALF_LEN, OpenedGrant, OwnRequest, Request, SealedGrant,
    Terms, issue, open_grant, seal_half, unseal,
};
use openred_core::hello::{DescriptorRefusal, PeerFacts};
use openred_core::ids::{Hash, Id16};
use openred_core::token::{MODE_HOURLY, Role, select_crypto_method};
use zeroize::Zeroizing;

use crate::people::{NOW, Person, ana, ben, chloe, directory};

const GRANT_ID: Id16 = Id16([0xa0; 16]);

/// One introduction of ana to ben, with everything that an evil directory can turn.
struct Story {
    ana: Person,
    ben: Person,
    directory: Person,
    core: Core,
    secret: [u8; 32],
    request: Option<Request>,
    request_for_a: bool,
    /// Under which the box is sealed.
    sealed_for: Option<(Id16, Role)>,
    half: Option<fn(&Story, Role) -> GrantHalf>,
    peer: Option<openred_core::descriptor::Descriptor>,
    own_request: Option<OwnRequest>,
    held: Option<Person>,
    log_only: bool,
    now: u64,
}

impl Story {
    fn new() -> Self {
        Self::at(NOW + 7)
    }

    fn at(not_before: u64) -> Self {
        let (ana, ben, directory) = (ana(), ben(), directory());
        let request = Request::sign(&ana.signing, &directory.id(), &ben.id(), GRANT_ID, not_before);
        let secret = [0x5e; 32];
        let terms = Terms {
            grant_id: GRANT_ID,
            dir_id: directory.id(),
            a: &ana.descriptor,
            b: &ben.descriptor,
            method: select_crypto_method(MODE_HOURLY, None, not_before).unwrap(),
            not_before,
            ttl: 120,
            secret: Zeroizing::new(secret),
            salts: [[0x5a; 32], [0x5b; 32]],
        };
        let (half, _) = issue(&directory.signing, &terms).unwrap();
        let own_request = OwnRequest { grant_id: GRANT_ID, dir_id: directory.id(), id_b: ben.id() };
        Self {
            core: half.core,
            secret,
            request: Some(request),
            request_for_a: false,
            sealed_for: None,
            half: None,
            peer: None,
            own_request: Some(own_request),
            held: None,
            log_only: false,
            now: not_before,
            ana,
            ben,
            directory,
        }
    }

    fn person(&self, role: Role) -> &Person {
        if role == Role::A { &self.ana } else { &self.ben }
    }

    /// The directory seals the half of `role`, the receiver opens and verifies it.
    fn open(&self, role: Role) -> Result<OpenedGrant, GrantRefusal> {
        let (own, peer) = (self.person(role), self.person(role.peer()));
        let half = match self.half {
            Some(make) => make(self, role),
            None => GrantHalf::make(&self.core, role, &self.secret, &self.directory.signing).unwrap(),
        };
        let request = self.request.as_ref().filter(|_| role == Role::B || self.request_for_a);
        // Sealed by hand: an evil directory keeps to no order.
        let (grant_id, sealed_role) = self.sealed_for.unwrap_or((half.core.grant_id, half.role));
        let mut w = openred_core::codec::Writer::new();
        let descriptor = self.peer.as_ref().unwrap_or(&peer.descriptor);
        w.array(3).bin(&*half.encode()).bin(descriptor.bytes()).nil_or(request, |w, request| {
            w.bin(&request.encode());
        });
        let info = [b"OpenRed/3 grant".as_slice(), &self.directory.id().0, &own.id().0].concat();
        let aad = [grant_id.0.as_slice(), &[sealed_role.byte()]].concat();
        let boxed = openred_core::boxes::seal(own.grant_key.public(), &info, &aad, &w.into_vec()).unwrap();
        let sealed = SealedGrant { grant_id, role: sealed_role, boxed };
        let unsealed = unseal(&own.grant_key, &self.directory.id(), &own.id(), &sealed)?;
        let mut held = self.held.as_ref().map_or_else(PeerFacts::default, Person::held);
        held.pinned = held.pinned.filter(|_| !self.log_only);
        let facts = GrantFacts {
            dir_id: &self.directory.id(),
            dir_key: &self.directory.signing.public(),
            token_seed: None,
            own_id: &own.id(),
            own_descriptors: &[own.hash()],
            own_request: self.own_request.as_ref(),
            peer: held,
            now: self.now,
        };
        open_grant(unsealed, &facts)
    }
}

#[test]
fn both_halves_open_and_hold_the_two_linked_tokens() {
    let story = Story::new();
    let (a, b) = (story.open(Role::A).unwrap(), story.open(Role::B).unwrap());
    assert_eq!(*a.secret, story.secret);
    assert_eq!(*b.secret, story.secret);
    assert_eq!((a.peer.node_id(), b.peer.node_id()), (story.ben.id(), story.ana.id()));
    assert!(a.half.matches(Some(&b.half.token)) && b.half.matches(Some(&a.half.token)));
    let reflected = || a.half.matches(Some(&a.half.token));
    assert!(!reflected(), "the own token reflected");
    assert!(checks::without("first/tokens-match", reflected), "the check is what refuses it");
    assert!(!a.half.matches(None), "no token at all");
}

#[test]
fn what_the_directory_seals_only_the_receiver_opens() {
    let story = Story::new();
    let half = GrantHalf::make(&story.core, Role::B, &story.secret, &story.directory.signing).unwrap();
    let sealed =
        seal_half(&half, &story.ben.descriptor, &story.ana.descriptor, story.request.as_ref()).unwrap();
    let sealed = SealedGrant::decode(&sealed.encode()).unwrap();
    let dir_id = story.directory.id();
    let opened = unseal(&story.ben.grant_key, &dir_id, &story.ben.id(), &sealed).unwrap();
    assert_eq!((opened.peer_id(), opened.directory_id(), opened.role()), (story.ana.id(), dir_id, Role::B));

    let (ana_id, ben_id) = (story.ana.id(), story.ben.id());
    let refused = |key, dir, own, sealed| unseal(key, dir, own, sealed).unwrap_err();
    assert_eq!(refused(&story.ana.grant_key, &dir_id, &ben_id, &sealed), GrantRefusal::Sealed);
    assert_eq!(refused(&story.ben.grant_key, &ana_id, &ben_id, &sealed), GrantRefusal::Sealed);
    assert_eq!(refused(&story.ben.grant_key, &dir_id, &ana_id, &sealed), GrantRefusal::Sealed);
    let renamed = SealedGrant { grant_id: Id16([1; 16]), ..sealed.clone() };
    assert_eq!(refused(&story.ben.grant_key, &dir_id, &ben_id, &renamed), GrantRefusal::Sealed);
    let other_role = SealedGrant { role: Role::A, ..sealed.clone() };
    assert_eq!(refused(&story.ben.grant_key, &dir_id, &ben_id, &other_role), GrantRefusal::Sealed);
}

/// A lie, who is lied to, and the refusal that must follow.
type Lie = (&'static str, Role, fn(&mut Story));

const LIES: &[Lie] = &[
    ("grant/directory-pinned", Role::B, |s| {
        s.core.dir_id = chloe().id();
        s.request = Some(Request::sign(&s.ana.signing, &chloe().id(), &s.ben.id(), GRANT_ID, s.now));
    }),
    ("grant/signature", Role::A, |s| {
        s.half = Some(|s, role| GrantHalf::make(&s.core, role, &s.secret, &chloe().signing).unwrap());
    }),
    ("grant/box-names-grant", Role::B, |s| s.sealed_for = Some((Id16([0xbb; 16]), Role::B))),
    ("grant/own-role", Role::A, |s| {
        // Ana asked ben; the directory hands her the half of somebody who was asked by ben.
        std::mem::swap(&mut s.core.id_a, &mut s.core.id_b);
        std::mem::swap(&mut s.core.desc_a, &mut s.core.desc_b);
        s.sealed_for = Some((GRANT_ID, Role::A));
        s.half = Some(|s, _| GrantHalf::make(&s.core, Role::B, &s.secret, &s.directory.signing).unwrap());
        s.request = Some(Request::sign(&s.ben.signing, &s.directory.id(), &s.ana.id(), GRANT_ID, s.now));
        s.request_for_a = true;
    }),
    ("grant/own-id", Role::B, |s| {
        s.core.id_b = chloe().id();
    }),
    ("grant/two-ids", Role::B, |s| {
        (s.core.id_a, s.core.desc_a) = (s.ben.id(), s.ben.hash());
        s.peer = Some(ben().descriptor);
        s.request = Some(Request::sign(&s.ben.signing, &s.directory.id(), &s.ben.id(), GRANT_ID, s.now));
    }),
    ("grant/answers-request", Role::A, |s| s.own_request = None),
    ("grant/answers-request", Role::A, |s| {
        // Ana asked for chloé and is given ben.
        s.own_request = s.own_request.map(|asked| OwnRequest { id_b: chloe().id(), ..asked });
    }),
    ("grant/answers-request", Role::A, |s| {
        s.own_request = s.own_request.map(|asked| OwnRequest { dir_id: chloe().id(), ..asked });
    }),
    ("grant/request-names-grant", Role::B, |s| {
        s.request = Some(Request::sign(&s.ana.signing, &s.directory.id(), &s.ben.id(), Id16([2; 16]), s.now));
    }),
    ("grant/request-signature", Role::B, |s| s.request = None),
    ("grant/request-signature", Role::B, |s| {
        // Ana asked for chloé.
        s.request = Some(Request::sign(&s.ana.signing, &s.directory.id(), &chloe().id(), GRANT_ID, s.now));
    }),
    ("grant/request-signature", Role::B, |s| {
        s.request = Some(Request::sign(&chloe().signing, &s.directory.id(), &s.ben.id(), GRANT_ID, s.now));
    }),
    ("grant/request-time", Role::B, |s| {
        s.request =
            Some(Request::sign(&s.ana.signing, &s.directory.id(), &s.ben.id(), GRANT_ID, s.now - 601));
    }),
    ("grant/peer-descriptor-hash", Role::A, |s| s.peer = Some(s.ben.descriptor_with(|body| body.seq = 9))),
    ("grant/peer-descriptor-id", Role::A, |s| {
        s.peer = Some(chloe().descriptor);
        s.core.desc_b = chloe().hash();
    }),
    ("grant/peer-newest-log", Role::A, |s| {
        // Ben's log grew, and no descriptor of his is held under the new entry yet.
        (s.held, s.log_only) = (Some(s.ben.rotated()), true);
    }),
    ("grant/peer-not-older-than-pinned", Role::A, |s| {
        let mut held = ben();
        held.descriptor = held.descriptor_with(|body| body.seq = 9);
        s.held = Some(held);
    }),
    ("grant/peer-descriptor-fresh", Role::A, |s| {
        let expired = s.ben.descriptor_with(|body| body.expires = s.now);
        s.core.desc_b = expired.hash();
        s.peer = Some(expired);
    }),
    ("grant/own-descriptor", Role::A, |s| s.core.desc_a = Hash([9; 32])),
    ("grant/method", Role::B, |s| s.core.method ^= 1),
    ("grant/method", Role::A, |s| s.core.method |= 0x20),
    ("grant/secret-committed", Role::B, |s| {
        // Two secrets under one grant: the directory keeps one to sit in the middle.
        s.half = Some(|s, role| GrantHalf::make(&s.core, role, &[0x66; 32], &s.directory.signing).unwrap());
    }),
    ("grant/window", Role::A, |s| s.now += 601),
    ("grant/window", Role::A, |s| s.now -= 601),
];

fn told(lie: fn(&mut Story)) -> Story {
    let mut story = Story::new();
    lie(&mut story);
    story
}

#[test]
fn every_lie_ends_in_the_refusal_of_its_name() {
    for (name, role, lie) in LIES {
        let refusal = told(*lie).open(*role).unwrap_err();
        assert_eq!(refusal.name(), *name);
    }
}

#[test]
fn without_its_check_each_lie_is_believed() {
    for (name, role, lie) in LIES {
        let story = told(*lie);
        let believed = checks::without(name, || story.open(*role));
        assert!(believed.is_ok(), "{name} taken away, yet {believed:?}: the check is not what refuses");
    }
}

#[test]
fn every_check_of_a_grant_has_a_lie() {
    let tables = [
        "one-per-request",
        "unused",
        "pending-limit",
        "pending-strangers",
        "pending-per-peer",
        "usable-120s",
    ];
    for name in checks::ALL.iter().filter_map(|name| name.strip_prefix("grant/")) {
        let lied = LIES.iter().any(|(lie, ..)| lie.strip_prefix("grant/") == Some(name));
        assert!(lied || tables.contains(&name), "nobody tries grant/{name}");
    }
}

#[test]
fn a_longer_log_of_the_peer_is_learnt_from_a_grant() {
    let mut story = Story::new();
    let before = ben();
    story.ben = before.rotated();
    story.core.desc_b = story.ben.hash();
    story.held = Some(before);
    let opened = story.open(Role::A).unwrap();
    assert_eq!(opened.peer.body().log.head_seq(), 1);
}

#[test]
fn a_foreign_descriptor_that_does_not_verify_is_malformed() {
    let refusal = GrantRefusal::Peer(DescriptorRefusal::Malformed);
    assert_eq!(refusal.name(), "grant/malformed");
}

/// Every second ± 300 s around epoch boundaries that pass all four methods × clocks of both nodes up to ± 600 s off:
/// no honest introduction fails, and one second more is refused.
#[test]
fn no_skew_breaks_an_introduction_at_an_epoch_boundary() {
    let mut methods = [false; 4];
    for hour in [1, 3] {
        for not_before in NOW + hour * 3600 - 300..=NOW + hour * 3600 + 300 {
            let mut story = Story::at(not_before);
            methods[usize::from(story.core.method & 3)] = true;
            // One opening per second and role, the skew walking through the whole range; the ends always.
            let walk = (not_before * 7 % 1201) as i64 - 600;
            let ends = if not_before % 60 == 0 { vec![-600, -1, 0, 1, 600] } else { vec![] };
            for skew in ends.into_iter().chain([walk]) {
                story.now = not_before.checked_add_signed(skew).unwrap();
                for role in [Role::A, Role::B] {
                    let opened = story.open(role);
                    assert!(opened.is_ok(), "{role:?} at {not_before} with skew {skew}: {opened:?}");
                }
            }
        }
        let mut story = Story::at(NOW + hour * 3600);
        story.now += 601;
        assert_eq!(story.open(Role::A).unwrap_err(), GrantRefusal::Window);
    }
    assert_eq!(methods, [true; 4], "all four methods were in force");
}

#[test]
fn the_bytes_are_frozen() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../../../testdata/vectors/grant.json")).unwrap();
    let story = Story::new();
    let half = |role| GrantHalf::make(&story.core, role, &story.secret, &story.directory.signing).unwrap();
    let made = serde_json::json!({
        "about": vectors["about"],
        "directory_public_key": hex::encode(story.directory.signing.public().as_bytes()),
        "a_public_key": hex::encode(story.ana.signing.public().as_bytes()),
        "secret": hex::encode(story.secret),
        "core": hex::encode(story.core.encode()),
        "half_a": hex::encode(*half(Role::A).encode()),
        "half_b": hex::encode(*half(Role::B).encode()),
        "request": hex::encode(story.request.unwrap().encode()),
        "grant_key_b_seed": hex::encode([0x23; 32]),
        "sealed_b": vectors["sealed_b"],
    });
    assert_eq!(vectors, made, "{made}");
    let sealed = SealedGrant::decode(&hex::decode(vectors["sealed_b"].as_str().unwrap()).unwrap()).unwrap();
    let opened = unseal(&story.ben.grant_key, &story.directory.id(), &story.ben.id(), &sealed).unwrap();
    assert_eq!((opened.peer_id(), opened.role()), (story.ana.id(), Role::B));
}

#[test]
fn halves_and_cores_are_read_strictly() {
    let story = Story::new();
    let half = GrantHalf::make(&story.core, Role::A, &story.secret, &story.directory.signing).unwrap();
    let bytes = *half.encode();
    assert_eq!(GrantHalf::decode(&bytes), Some(half));
    assert_eq!(GrantHalf::decode(&bytes[..HALF_LEN - 1]), None);
    assert_eq!(GrantHalf::decode(&[bytes.as_slice(), &[0]].concat()), None, "trailing byte");
    for (at, value, why) in [(0, 2, "version"), (284, 0, "role 0"), (284, 3, "role 3"), (177, 4, "method 4")]
    {
        let mut bent = bytes;
        bent[at] = value;
        assert_eq!(GrantHalf::decode(&bent), None, "{why}");
    }
    assert_eq!(Request::decode(&story.request.unwrap().encode()), story.request);
    assert_eq!(Request::decode(&[0; 87]), None);
}
