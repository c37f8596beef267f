//! The directory in the middle: it knows S and both tokens and stands on every wire between two real nodes.

use openred_core::{
    hello::{Context, HelloReply},
    ids::Id16,
    session_keys::session_id,
    token::Role,
};

use super::{
    Attack,
    directory::{Forged, SECRET, Stage},
    hand::{Hand, first, split},
    node::{Node, Refused},
};

/// Ana's and ben's nodes, introduced by the directory, with a true grant each.
struct Wire {
    ana: Node,
    ben: Node,
    dir: Hand,
    core: openred_core::grant::Core,
    tokens: [[u8; 32]; 2],
}

impl Wire {
    fn new() -> Result<Self, Refused> {
        let (mut ana, mut ben, dir) = (Node::new("ana"), Node::new("ben"), Hand::new(0x40));
        let grant_id = Id16([0xa0; 16]);
        let mut grant = Forged::new(&ben, Role::B, &Hand::new(0x10), &dir, grant_id);
        (grant.core.id_a, grant.core.desc_a) = (ana.id, ana.descriptor.hash());
        grant.peer = ana.descriptor.clone();
        grant.request = Some(ana.request(dir.id(), ben.id, grant_id));
        ben.receive(&dir, &grant.seal(&ben.descriptor, &dir))?;
        let tokens = [Role::A, Role::B].map(|role| grant.token(role, &dir));
        ana.asks(grant_id, &dir, &ben.id);
        (grant.half_of, grant.peer, grant.request) = (Role::A, ben.descriptor.clone(), None);
        ana.receive(&dir, &grant.seal(&ana.descriptor, &dir))?;
        Ok(Self { ana, ben, dir, core: grant.core, tokens })
    }

    /// The directory answers ana's hello with a Noise key of its own.
    fn answer(&mut self, own_noise: [u8; 32]) -> Result<(u64, HelloReply, snow::HandshakeState), Refused> {
        let (_, handle, hello) = self.ana.begin(&self.ben.descriptor)?;
        let mut side = self.dir.knock_with(&self.ana.descriptor, &self.core, SECRET);
        side.own_noise = own_noise;
        let mut noise = side.side(&Context::of_core(&self.core), false);
        let mut message = [0; 48];
        // Message 1 is encrypted to ben's static key.
        noise.read_message(&hello.noise, &mut [0; 48]).map_err(|_| "Noise")?;
        noise.write_message(&[], &mut message).unwrap();
        let h: [u8; 32] = noise.get_handshake_hash().try_into().unwrap();
        Ok((handle, HelloReply { noise: message, session_id: session_id(&h) }, noise))
    }
}

pub(super) const ATTACKS: &[Attack] = &[
    Attack::new("the directory answers ana with its own key", "Noise", || {
        let mut wire = Wire::new()?;
        let noise = wire.dir.noise;
        wire.answer(noise).map(drop)
    }),
    Attack::new("the directory makes up a message 2", "Noise", || {
        let mut wire = Wire::new()?;
        let (_, handle, hello) = wire.ana.begin(&wire.ben.descriptor)?;
        let reply = HelloReply { noise: hello.noise, session_id: Id16([1; 16]) };
        wire.ana.finish(handle, &reply).map(drop)
    }),
    Attack::new("the directory calls ben in ana's name", "Noise", || {
        let mut wire = Wire::new()?;
        let mut knock = wire.dir.knock_with(&wire.ben.descriptor, &wire.core, SECRET);
        (knock.id_a, knock.desc_a) = (wire.ana.id, wire.ana.descriptor.hash());
        wire.ben.knock(&knock.make().0).map(drop)
    }),
    Attack::new("message 2 bent on its way", "Noise", || {
        let mut wire = Wire::new()?;
        let (_, handle, hello) = wire.ana.begin(&wire.ben.descriptor)?;
        let mut reply = wire.ben.knock(&hello)?;
        reply.noise[40] ^= 1;
        wire.ana.finish(handle, &reply).map(drop)
    }),
    Attack::new("two good grants with one id and two secrets", "handshake/mac", || {
        // Each half is good by itself: ben holds one, ana comes with the other.
        let mut stage = Stage::new();
        let mut twin = stage.introduced();
        twin.secret = [0x66; 32];
        twin.core.commit = openred_core::grant::commit_secret(&twin.core.grant_id, &twin.secret);
        let knock = stage.ana.knock_with(&stage.ben.descriptor, &twin.core, twin.secret);
        stage.ben.knock(&knock.make().0).map(drop)
    }),
    Attack::new("ana's first frame given back to her", "first/opens", || {
        let mut wire = Wire::new()?;
        let (_, handle, hello) = wire.ana.begin(&wire.ben.descriptor)?;
        let reply = wire.ben.knock(&hello)?;
        let frame = wire.ana.finish(handle, &reply)?;
        wire.ana.complete(handle, frame).map(drop)
    }),
    Attack::new("ben's token given to ben in ana's name, the frame in the clear", "first/opens", || {
        let mut wire = Wire::new()?;
        let (_, _, hello) = wire.ana.begin(&wire.ben.descriptor)?;
        let reply = wire.ben.knock(&hello)?;
        let mut clear = openred_core::frame::Frame::First(first(Some(wire.tokens[0]), false)).encode();
        clear.extend_from_slice(&[0; 16]);
        wire.ben.first(reply.session_id, clear).map(drop)
    }),
    Attack::new("a's half reflected by a node that has b's keys", "first/tokens-match", || {
        // Ben himself is evil and answers with the token that ana gave him.
        let mut stage = Stage::new();
        let grant = stage.grant(Role::A, 0xa0);
        stage.deliver(&grant)?;
        let (_, handle, hello) = stage.ben.begin(&stage.ana.descriptor)?;
        let side = stage.ana.knock_with(&stage.ben.descriptor, &grant.core, SECRET);
        let mut noise = side.side(&Context::of_core(&grant.core), false);
        noise.read_message(&hello.noise, &mut [0; 48]).map_err(|_| "Noise")?;
        let mut message = [0; 48];
        noise.write_message(&[], &mut message).unwrap();
        let (keys, h) = split(noise, Role::B);
        let reply = HelloReply { noise: message, session_id: session_id(&h) };
        stage.ben.finish(handle, &reply)?;
        let reflected = first(Some(grant.token(Role::A, &stage.dir)), true);
        stage.ben.complete(handle, reflected.seal(&keys).unwrap()).map(drop)
    }),
];

#[test]
fn two_nodes_meet_through_an_evil_directory_that_does_nothing() {
    let mut wire = Wire::new().unwrap();
    let (_, handle, hello) = wire.ana.begin(&wire.ben.descriptor).unwrap();
    let reply = wire.ben.knock(&hello).unwrap();
    let again = wire.ben.knock(&hello).unwrap();
    assert_eq!(again, reply, "an equal retry gets the stored reply");
    let frame = wire.ana.finish(handle, &reply).unwrap();
    let confirmed = wire.ben.first(reply.session_id, frame).unwrap();
    let session = wire.ana.complete(handle, confirmed.first.0).unwrap();
    assert_eq!((session.peer, confirmed.session.peer), (wire.ben.id, wire.ana.id));
    assert_eq!(session.pair_id, confirmed.session.pair_id);
}
