//! Lies in grants: what the directory writes, to whom, how often, and when (PROTOCOL §3.2).

use openred_core::{grant::Request, ids::Id16, token::Role};

use super::{
    Attack,
    directory::{Forged, NOTHING, NOW, Stage},
    hand::Hand,
    node::Refused,
};

/// One grant with one lie, delivered to ben. It got through when he holds it, or dials.
fn lie(role: Role, bend: fn(&mut Stage, &mut Forged)) -> Result<(), Refused> {
    let mut stage = Stage::new();
    let mut grant = stage.grant(role, 0xa0);
    bend(&mut stage, &mut grant);
    let delivered = stage.deliver(&grant);
    if role == Role::A && delivered.is_ok() {
        assert_eq!(stage.ben.dials(), 1, "an answered request begins a handshake");
    }
    delivered
}

pub(super) const ATTACKS: &[Attack] = &[
    Attack::new("a grant in the name of another directory", "grant/directory-pinned", || {
        lie(Role::B, |stage, grant| {
            grant.core.dir_id = stage.chloe.id();
            let (to, id) = (stage.ben.id, grant.core.grant_id);
            grant.request = Some(Request::sign(&stage.ana.signing, &stage.chloe.id(), &to, id, NOW));
        })
    }),
    Attack::new("a grant that somebody else signed", "grant/signature", || {
        lie(Role::B, |stage, grant| grant.signer = Some(stage.chloe.clone()))
    }),
    Attack::new("the box of one grant around another", "grant/box-names-grant", || {
        lie(Role::B, |_, grant| grant.named = Some((Id16([0xbb; 16]), Role::B)))
    }),
    Attack::new("a's half given to b in b's box", "grant/own-role", || {
        lie(Role::B, |stage, grant| {
            // Ben's own request is waiting, so nothing but the box says that he is B here.
            stage.ben.asks(grant.core.grant_id, &stage.dir, &stage.ana.id());
            grant.half_of = Role::A;
            std::mem::swap(&mut grant.core.id_a, &mut grant.core.id_b);
            std::mem::swap(&mut grant.core.desc_a, &mut grant.core.desc_b);
            grant.named = Some((grant.core.grant_id, Role::B));
        })
    }),
    Attack::new("a's half given to b as it is", "grant/own-id", || {
        lie(Role::B, |stage, grant| {
            let himself = stage.ben.id;
            stage.ben.asks(grant.core.grant_id, &stage.dir, &himself);
            grant.half_of = Role::A;
            // His own descriptor is the peer's then.
            grant.peer = stage.ben.descriptor.clone();
            grant.core.desc_a = stage.ben.descriptor.hash();
            grant.core.desc_b = stage.ben.descriptor.hash();
        })
    }),
    Attack::new("a grant for chloé given to ben", "grant/own-id", || {
        lie(Role::B, |stage, grant| grant.core.id_b = stage.chloe.id())
    }),
    Attack::new("ben introduced to himself", "grant/two-ids", || {
        lie(Role::B, |stage, grant| {
            (grant.core.id_a, grant.core.desc_a) = (stage.ben.id, stage.ben.descriptor.hash());
            grant.peer = stage.ben.descriptor.clone();
            grant.request = Some(stage.ben.request(stage.dir.id(), stage.ben.id, grant.core.grant_id));
        })
    }),
    Attack::new("a grant that ben never asked for", "grant/answers-request", || {
        lie(Role::A, |stage, grant| *grant = grant.again(Id16([0xcc; 16]), &stage.ana, &stage.ben.id))
    }),
    Attack::new("ben asked for ana and is given chloé", "grant/answers-request", || {
        lie(Role::A, |stage, grant| {
            (grant.core.id_b, grant.core.desc_b) = (stage.chloe.id(), stage.chloe.hash());
            grant.peer = stage.chloe.descriptor.clone();
        })
    }),
    Attack::new("ben asked another directory", "grant/answers-request", || {
        lie(Role::A, |stage, grant| stage.ben.asks(grant.core.grant_id, &stage.chloe, &stage.ana.id()))
    }),
    Attack::new("two answers to one request at once", "grant/one-per-request", two_answers),
    Attack::new("a stored request of ana under another grant", "grant/request-names-grant", || {
        lie(Role::B, |stage, grant| {
            let stored = grant.request;
            *grant = grant.again(Id16([0xcc; 16]), &stage.ana, &stage.ben.id);
            grant.request = stored;
        })
    }),
    Attack::new("a grant without ana's request", "grant/request-signature", || {
        lie(Role::B, |_, grant| grant.request = None)
    }),
    Attack::new("ana asked for chloé, ben is told", "grant/request-signature", || {
        lie(Role::B, |stage, grant| {
            let (dir, to) = (stage.dir.id(), stage.chloe.id());
            grant.request = Some(Request::sign(&stage.ana.signing, &dir, &to, grant.core.grant_id, NOW));
        })
    }),
    Attack::new("the directory asks in ana's name", "grant/request-signature", || {
        lie(Role::B, |stage, grant| {
            let (dir, to) = (stage.dir.id(), stage.ben.id);
            grant.request = Some(Request::sign(&stage.dir.signing, &dir, &to, grant.core.grant_id, NOW));
        })
    }),
    Attack::new("a request of ana kept for eleven minutes", "grant/request-time", || {
        lie(Role::B, |stage, grant| {
            let (dir, to) = (stage.dir.id(), stage.ben.id);
            grant.request =
                Some(Request::sign(&stage.ana.signing, &dir, &to, grant.core.grant_id, NOW - 660));
        })
    }),
    Attack::new("the grant kept back for three hours", "grant/window", || {
        lie(Role::B, |stage, _| stage.ben.wait(3 * 3_600))
    }),
    Attack::new("ben's clock jumped back two hours", "grant/window", || {
        lie(Role::A, |stage, _| stage.ben.jump(-7_200))
    }),
    Attack::new("another descriptor than the one named", "grant/peer-descriptor-hash", || {
        lie(Role::A, |stage, grant| grant.peer = stage.ana.with_noise([0x66; 32]).descriptor)
    }),
    Attack::new("the directory's own descriptor in ana's place", "grant/peer-descriptor-id", || {
        lie(Role::A, |stage, grant| {
            (grant.core.desc_b, grant.peer) = (stage.dir.hash(), stage.dir.descriptor.clone());
        })
    }),
    Attack::new("a descriptor under a key that ana replaced", "grant/peer-newest-log", || {
        lie(Role::A, |stage, _| {
            let mut pin = openred_core::descriptor::Pin::new(stage.ana.id());
            pin.accept_log(&stage.ana.rotated().log);
            stage.ben.pins.insert(stage.ana.id(), pin);
        })
    }),
    Attack::new("a rolled-back descriptor", "grant/peer-not-older-than-pinned", || {
        lie(Role::A, |stage, _| {
            let newer = stage.ana.with(|body| body.seq += 1);
            stage.ben.pin(&newer);
        })
    }),
    Attack::new("a second descriptor of the same number", "grant/peer-not-older-than-pinned", || {
        lie(Role::A, |stage, _| {
            let other = stage.ana.with(|body| body.display_name = "the first seen".to_owned());
            stage.ben.pin(&other);
        })
    }),
    Attack::new("an expired descriptor", "grant/peer-descriptor-fresh", || {
        lie(Role::B, |stage, grant| {
            let expired = stage.ana.with(|body| body.expires = NOW - 1);
            (grant.core.desc_a, grant.peer) = (expired.hash(), expired.descriptor);
        })
    }),
    Attack::new("a descriptor that ben never made", "grant/own-descriptor", || {
        lie(Role::B, |_, grant| grant.core.desc_b = NOTHING)
    }),
    Attack::new("the method byte forged", "grant/method", || lie(Role::B, |_, grant| grant.core.method ^= 1)),
    Attack::new("a mode that the directory has not", "grant/method", || {
        lie(Role::A, |_, grant| grant.core.method |= 0x20)
    }),
    Attack::new("two secrets under one grant", "grant/secret-committed", || {
        lie(Role::B, |_, grant| grant.secret = [0x66; 32])
    }),
    Attack::new("the same grant again", "grant/unused", || {
        let mut stage = Stage::new();
        let grant = stage.introduced();
        stage.deliver(&grant)
    }),
    Attack::new("a used grant again, after a restart", "grant/unused", || {
        let (mut stage, grant) = used();
        stage.ben.restart();
        stage.deliver(&grant)
    }),
    Attack::new("a used grant again, after the clock jumped a day ahead and back", "grant/unused", || {
        let (mut stage, grant) = used();
        for secs in [86_400, -86_400] {
            stage.ben.jump(secs);
            stage.ben.hear(openred_proto::introduction::Input::Tick);
        }
        stage.deliver(&grant)
    }),
    Attack::new("a used grant written anew after its id is forgotten", "grant/request-time", || {
        let (mut stage, used) = used();
        stage.ben.wait(3 * 3_600);
        let mut grant = Forged::new(&stage.ben, Role::B, &stage.ana, &stage.dir, used.core.grant_id);
        grant.request = used.request;
        stage.deliver(&grant)
    }),
    Attack::new("an answer to a request of eleven minutes ago", "grant/one-per-request", || {
        let mut stage = Stage::new();
        let asked = stage.grant(Role::A, 0xa0);
        stage.ben.wait(660);
        let late = Forged::new(&stage.ben, Role::A, &stage.ana, &stage.dir, asked.core.grant_id);
        stage.deliver(&late)
    }),
    Attack::new("nine grants of one person", "grant/pending-per-peer", || {
        let mut stage = Stage::new();
        let ana = stage.ana.clone();
        flood(&mut stage, &ana, 9)
    }),
    Attack::new("more strangers than half of the places", "grant/pending-strangers", || {
        let mut stage = Stage::new();
        (0..17).try_for_each(|number| flood(&mut stage, &Hand::new(0x60 + number), 8))
    }),
    Attack::new("more grants than there are places", "grant/pending-limit", || {
        let mut stage = Stage::new();
        (0..33).try_for_each(|number| {
            let friend = Hand::new(0x60 + number);
            stage.ben.contacts.insert(friend.id());
            flood(&mut stage, &friend, 8)
        })
    }),
];

/// Ben met ana by a grant, which is burnt.
fn used() -> (Stage, Forged) {
    let mut stage = Stage::new();
    let grant = stage.introduced();
    let knock = stage.ana.knock_with(&stage.ben.descriptor, &grant.core, grant.secret);
    stage.met(&knock, Some(grant.token(Role::A, &stage.dir))).unwrap();
    (stage, grant)
}

/// Two cores under the grant id of one request, both opened before either is taken.
fn two_answers() -> Result<(), Refused> {
    let mut stage = Stage::new();
    let grant = stage.grant(Role::A, 0xa0);
    let mut other = grant.clone();
    other.core.salt_a = [1; 32];
    let sealed = [&grant, &other].map(|grant| grant.seal(&stage.ben.descriptor, &stage.dir));
    let opened = sealed.map(|sealed| stage.ben.open(&stage.dir, &sealed).unwrap());
    opened.into_iter().try_for_each(|opened| stage.ben.take(opened))
}

/// So many grants of one person, each with a request of theirs.
fn flood(stage: &mut Stage, peer: &Hand, count: u8) -> Result<(), Refused> {
    let model = Forged::new(&stage.ben, Role::B, &stage.ana, &stage.dir, Id16([0; 16]));
    for number in 0..count {
        let grant_id = Id16(std::array::from_fn(|i| if i == 0 { number } else { peer.id().0[i] }));
        stage.deliver(&model.introduce(peer, &stage.ben.id, grant_id))?;
    }
    Ok(())
}
